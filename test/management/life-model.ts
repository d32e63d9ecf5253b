import type { Status } from '../../src/catalog/status.js';

/** Names of the model: a family of three by dots, one beside it, and the default one. */
export const NAMES = ['acme', 'acme.web', 'acme.web.eng', 'other', 'default'] as const;

interface Life {
  status: Status;
  before?: Status;
  purgeAt?: number;
}

/** What may happen to namespaces, and to what is stored of them, as the rules say it; answers `ok` or the code of a refusal. */
export class LifeModel {
  private readonly lives = new Map<string, Life>();
  private readonly rows = new Set<string>();

  isRegistered(id: string): boolean {
    return this.lives.has(id);
  }

  statusOf(id: string): Status | undefined {
    return this.lives.get(id)?.status;
  }

  /** Names with something stored, sorted. */
  stored(): string[] {
    return [...this.rows].sort();
  }

  /** Whether it could be used: those that are to be deleted, and all below them, take no requests. */
  use(id: string): boolean {
    const isLeaving = [id, ...this.above(id)].some((name) => this.statusOf(name) === 'pending_deletion');
    if (!isLeaving) this.rows.add(id);
    return !isLeaving;
  }

  create(id: string): string {
    if (this.lives.has(id)) return 'CONFLICT';
    return this.register(id) ? 'ok' : 'CONFLICT';
  }

  set(id: string, status: Status): string {
    if (!this.exists(id)) return 'NOT_FOUND';
    if (this.statusOf(id) === 'pending_deletion') return 'CONFLICT';
    if (id === 'default' && status === 'suspended') return 'CONFLICT';
    if (!this.lives.has(id) && !this.register(id)) return 'CONFLICT';
    this.lives.get(id)!.status = status;
    return 'ok';
  }

  delete(id: string, purgeAt: number): string {
    const refusal = this.refusalToGo(id);
    if (refusal !== undefined) return refusal;
    if (!this.lives.has(id)) this.register(id);
    const life = this.lives.get(id)!;
    if (life.status === 'pending_deletion') return 'ok';
    this.lives.set(id, { status: 'pending_deletion', before: life.status, purgeAt });
    return 'ok';
  }

  purge(id: string): string {
    const refusal = this.refusalToGo(id);
    if (refusal !== undefined) return refusal;
    this.lives.delete(id);
    this.rows.delete(id);
    return 'ok';
  }

  restore(id: string): string {
    if (!this.exists(id)) return 'NOT_FOUND';
    const life = this.lives.get(id);
    if (life?.status !== 'pending_deletion') return 'CONFLICT';
    this.lives.set(id, { status: life.before! });
    return 'ok';
  }

  sweep(now: number): void {
    for (const [id, { status, purgeAt }] of [...this.lives])
      if (status === 'pending_deletion' && purgeAt! <= now) this.purge(id);
  }

  private exists(id: string): boolean {
    return id === 'default' || this.lives.has(id) || this.rows.has(id);
  }

  private above(id: string): string[] {
    return NAMES.filter((name) => id.startsWith(`${name}.`));
  }

  private register(id: string): boolean {
    if (this.above(id).some((name) => this.statusOf(name) === 'pending_deletion')) return false;
    this.lives.set(id, { status: 'active' });
    return true;
  }

  private refusalToGo(id: string): string | undefined {
    if (!this.exists(id)) return 'NOT_FOUND';
    if (id === 'default') return 'CONFLICT';
    if ([...this.lives.keys(), ...this.rows].some((name) => name.startsWith(`${id}.`))) return 'CONFLICT';
    const isNew = !this.lives.has(id);
    return isNew && this.above(id).some((name) => this.statusOf(name) === 'pending_deletion')
      ? 'CONFLICT'
      : undefined;
  }
}
