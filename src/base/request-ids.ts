import { randomFillSync } from 'node:crypto';

const ID_BYTES = 16;
const PREFIX = 'req_';

/**
 * Makes request ids: `req_` and 128 random bits as base64url (26 characters). Feedback is accepted for whoever knows the
 * id, so it must not be guessable. Bytes are drawn from the system 256 ids at a time, for one draw costs more than an id.
 */
export class RequestIds {
  private readonly pool = Buffer.alloc(ID_BYTES * 256);
  private used = this.pool.length;

  next(): string {
    if (this.used === this.pool.length) {
      randomFillSync(this.pool);
      this.used = 0;
    }
    const id = PREFIX + this.pool.toString('base64url', this.used, this.used + ID_BYTES);
    this.used += ID_BYTES;
    return id;
  }
}
