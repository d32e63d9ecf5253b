/** One route: what it answers to and what it is for. Each is also reachable under `/ns/{namespace}`. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Without prefix; this is also the metric label. */
  readonly path: string;
  /** Whether it exists under `/v1` as well. */
  readonly versioned: boolean;
  /**
   * `open` to all; `credentials` are needed once any are configured; `admin` needs those of administrators, and does not
   * exist where there are none.
   */
  readonly access: 'open' | 'credentials' | 'admin';
  readonly what: string;
}

/** Every route there is. The app is built from it and the README's table is checked against it. */
export const ROUTES = [
  {
    method: 'POST',
    path: '/rerank',
    versioned: true,
    access: 'credentials',
    what: 'rank the documents of one request',
  },
  {
    method: 'POST',
    path: '/rerank/batch',
    versioned: true,
    access: 'credentials',
    what: 'rank several requests; all or nothing is recorded',
  },
  {
    method: 'POST',
    path: '/feedback',
    versioned: true,
    access: 'credentials',
    what: 'say which documents of a request helped',
  },
  {
    method: 'POST',
    path: '/feedback/batch',
    versioned: true,
    access: 'credentials',
    what: 'several feedbacks, a status for each',
  },
  { method: 'GET', path: '/healthz', versioned: false, access: 'open', what: 'the process lives' },
  {
    method: 'GET',
    path: '/readyz',
    versioned: false,
    access: 'open',
    what: 'it can rank (200) or cannot (503), with the state of its parts',
  },
  { method: 'GET', path: '/metrics', versioned: false, access: 'credentials', what: 'Prometheus metrics' },
  {
    method: 'GET',
    path: '/metrics/retention',
    versioned: false,
    access: 'credentials',
    what: 'what retention removed and when',
  },
  {
    method: 'POST',
    path: '/admin/cache/purge',
    versioned: false,
    access: 'admin',
    what: 'forget what caches hold: `{"namespace"}`, `{"model"}` (pairs alone) or `{"all": true}`',
  },
] as const satisfies readonly Route[];

export type RoutePath = (typeof ROUTES)[number]['path'];
