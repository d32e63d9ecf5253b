import type { Socket } from 'node:net';
import type { QuotaLevel } from '../catalog/effective.js';
import type { QuotaSpec } from '../catalog/quota.js';
import type { Connections } from './connections.js';
import type { Measured } from './measured.js';
import { OverQuota } from './refusals.js';

/** The open connections of one pool. */
export class ConnectionPlaces implements Measured {
  readonly levelId: string;
  readonly quota = 'max_connections';
  readonly limit: number;
  readonly threshold: number;
  private readonly action: QuotaSpec['action'];

  constructor(
    private readonly connections: Connections,
    level: QuotaLevel,
  ) {
    const spec = level.quotas.get(this.quota)!;
    this.levelId = level.id;
    this.limit = spec.limit;
    this.threshold = spec.warning_threshold;
    this.action = spec.action;
  }

  /** What one is refused with that does not count here yet. */
  refusal(socket: Socket): OverQuota | undefined {
    const open = this.used();
    if (open < this.limit || this.action === 'alert' || this.connections.has(socket, this.levelId))
      return undefined;
    const message = `Connection limit exceeded: ${open} / ${this.limit}`;
    const options = { levelId: this.levelId, waitMs: 1000, closesConnection: true };
    return new OverQuota('QUOTA_EXCEEDED', message, this.quota, options);
  }

  used(): number {
    return this.connections.count(this.levelId);
  }
}
