#!/bin/sh
# Sends what schemathesis makes of the description to a server of its own: no answer may be 5xx or undescribed.
# Optional, not part of the tests: sh test/fuzz/run.sh [SECONDS, 300]. Needs `npm run build`, Python 3.10 and network.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-300}
work=$(mktemp -d)
server=
stop() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$server" ] || wait "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT INT TERM

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --requirement test/fuzz/requirements.txt

export NEURALCACHE_STORAGE_DIR="$work/data" NEURALCACHE_ADMIN_TOKENS=fuzz NEURALCACHE_LOG_LEVEL=warn
export NEURALCACHE_HTTP_PORT="${FUZZ_PORT:-18080}"
node dist/main.js serve >"$work/log" 2>&1 &
server=$!
url="http://127.0.0.1:$NEURALCACHE_HTTP_PORT"
tries=0
until curl --silent --fail --output /dev/null "$url/readyz"; do
  tries=$((tries + 1))
  if [ "$tries" -gt 100 ] || ! kill -0 "$server" 2>/dev/null; then
    cat "$work/log"
    exit 1
  fi
  sleep 0.2
done

cd "$work"
status=0
PYTHONUTF8=1 "$work/venv/bin/schemathesis" run "$url/openapi.json" --url "$url" \
  --header 'x-api-key: fuzz' \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance \
  --phases examples,coverage,fuzzing --mode all --max-time "$seconds" --generation-database none \
  --request-timeout 10 --continue-on-failure --suppress-health-check all --warnings off || status=$?
# A fault of ours is logged with its stack.
if grep '"level":"error"\|"level":50' "$work/log"; then status=1; fi
exit "$status"
