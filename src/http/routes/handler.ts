import type { LazyDescription } from '../description/lazy-description.js';
import type { Draining } from '../draining.js';
import type { Exchange } from '../exchange.js';
import type { Credentials } from '../middleware/credentials.js';
import type { NamespaceRules } from '../middleware/namespace.js';
import type { BodyRules } from '../options.js';
import type { Responder } from '../responder.js';
import type { Services } from '../services.js';

/** What every route works with; made once per app. */
export interface RouteTools {
  readonly services: Services;
  readonly responder: Responder;
  readonly rules: BodyRules;
  readonly bodyLimitBytes: number;
  /** Most documents of a request in any API but ours. */
  readonly maxDialectDocuments: number;
  readonly namespaces: NamespaceRules;
  readonly credentials: Credentials;
  /** Names of models that are listed beside ours. */
  readonly modelAliases: readonly string[];
  /** Whether the caller's credential is not for us but for the service behind us. */
  readonly passCredentials: boolean;
  /** What callers need not know of where files are. */
  readonly storageDir?: string;
  readonly adminCredentials: Credentials;
  readonly description: LazyDescription;
  readonly draining: Draining;
}

/** Answers one exchange, or throws what the responder makes an error of. */
export type Handler = (exchange: Exchange) => Promise<void>;
