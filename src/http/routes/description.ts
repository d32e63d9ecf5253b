import type { Handler, RouteTools } from './handler.js';

/** `GET /openapi.json`: the API described. */
export function descriptionRoute({ responder, description }: RouteTools): Handler {
  return async (exchange) => responder.json(exchange, 200, await description.json());
}

/** `GET /docs`: the same as a page. It needs no script, and its policy lets it load nothing. */
export function descriptionPageRoute({ responder, description }: RouteTools): Handler {
  return async (exchange) => {
    const { html, policy } = await description.page();
    const headers = ['Content-Security-Policy', policy, 'Referrer-Policy', 'no-referrer'];
    responder.send(exchange, 200, 'text/html; charset=utf-8', html, headers);
  };
}
