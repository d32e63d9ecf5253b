import { ModelStoreError } from '../model-store-error.js';

export interface HubErrorOptions extends ErrorOptions {
  /** Whether the same may work a moment later; default false. */
  readonly isTransient?: boolean;
  /** How long the hub asks to wait before, in ms. */
  readonly retryAfterMs?: number;
}

/** Why a hub did not give what was asked; the message is for a person and holds no token. */
export class HubError extends ModelStoreError {
  readonly isTransient: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: HubErrorOptions = {}) {
    super(message, options);
    this.isTransient = options.isTransient ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}
