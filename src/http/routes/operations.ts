import { AppError } from '../../base/errors.js';
import type { Handler, RouteTools } from './handler.js';

/** State of now: no cache on the way may keep it. */
const NOT_STORED = ['Cache-Control', 'no-store'];

/** `GET /healthz`: 200 as long as the process answers at all. */
export function healthRoute({ responder }: RouteTools): Handler {
  return async (exchange) => responder.json(exchange, 200, '{"status":"ok"}', NOT_STORED);
}

/** `GET /readyz`: 200 while it can rank, 503 where it cannot or is stopping. */
export function readinessRoute({ services, responder, draining }: RouteTools): Handler {
  return async (exchange) => {
    const report = draining.active
      ? { status: 'unavailable', checks: { process: 'stopping' } }
      : await services.readiness();
    const status = report.status === 'unavailable' ? 503 : 200;
    responder.json(exchange, status, JSON.stringify(report), NOT_STORED);
  };
}

/** `GET /metrics`: Prometheus text; 404 where metrics are switched off. */
export function metricsRoute({ services, responder }: RouteTools): Handler {
  return async (exchange) => {
    const metrics = await services.metricsText();
    if (metrics === null) throw new AppError('NOT_FOUND', 'Metrics are disabled');
    responder.send(exchange, 200, metrics.contentType, metrics.text, NOT_STORED);
  };
}

/** `GET /metrics/retention`. */
export function retentionRoute({ services, responder }: RouteTools): Handler {
  return async (exchange) => {
    responder.json(exchange, 200, JSON.stringify(await services.retentionReport()), NOT_STORED);
  };
}
