"""Drives Python's rerank clients against a running server that wants a token:

    NEURALCACHE_API_TOKENS=secret NEURALCACHE_EPSILON=0 npm start
    pip install -r requirements.txt
    python run.py http://127.0.0.1:8080 secret

Packages that are not installed are left out. Ends with 1 where a client does not get what it is owed. The requirements
come in two files because not all go together: use a virtual environment for each.
"""

import importlib.util
import sys
import uuid

from clients import CLIENTS, Client, Server

QUERY = "how do I reset my password"
DOCUMENTS = [
    "Our office opens at nine in the morning.",
    "Choose Forgot password on the sign-in page to reset your password.",
    "The password policy demands twelve characters.",
    "Bananas ripen faster beside apples.",
]
RANKED = [1, 2, 0, 3]


def is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def check(client: Client, url: str, token: str) -> None:
    """Throws where something is not as it should be."""
    server = Server(f"{url}/ns/py-{uuid.uuid4().hex}", token)
    rows = client.rerank(server, QUERY, DOCUMENTS, None)
    assert [index for index, _ in rows] == RANKED, rows
    scores = [score for _, score in rows]
    assert scores == sorted(scores, reverse=True), scores
    assert client.logits or all(0 <= score <= 1 for score in scores), scores
    best = client.rerank(server, QUERY, DOCUMENTS, 2)
    assert [index for index, _ in best] == RANKED[:2], best
    if client.refusal is None:
        return
    try:
        client.rerank(Server(server.url, "a-wrong-token"), QUERY, DOCUMENTS, None)
    except Exception as refused:
        assert client.refusal in str(refused), f"refused with {refused!r}"
    else:
        raise AssertionError("a wrong token was taken")


def main(url: str, token: str) -> int:
    passed = failed = skipped = 0
    for client in CLIENTS:
        if not is_installed(client.package):
            skipped += 1
            print(f"-- {client.name}: not installed")
            continue
        try:
            check(client, url.rstrip("/"), token)
            passed += 1
            print(f"ok {client.name}")
        except Exception as error:
            failed += 1
            print(f"NO {client.name}: {type(error).__name__}: {str(error)[:500]}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed > 0 or passed == 0 else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
