import { checkStillWanted } from '../admit.js';
import { readBody } from '../body.js';
import type { Exchange } from '../exchange.js';
import { parseJson } from '../json.js';
import type { RouteTools } from './handler.js';

/** Reads and parses the body of an exchange, noting its bytes and how long parsing took. Errors: see `readBody`, `parseJson`. */
export async function readJson(
  exchange: Exchange,
  { services, bodyLimitBytes }: RouteTools,
): Promise<unknown> {
  const bytes = await readBody(
    exchange.req,
    exchange.res,
    bodyLimitBytes,
    exchange.assumesJson,
    (received) => {
      exchange.bytesIn = received;
    },
  );
  checkStillWanted(exchange);
  const before = services.clock.now();
  const value = parseJson(bytes);
  exchange.parseMs = services.clock.now() - before;
  return value;
}
