import type { Socket } from 'node:net';

const NOWHERE: readonly string[] = Object.freeze([]);

/** Open connections by the pools that their last request drew from. A connection whose next request draws elsewhere moves there. */
export class Connections {
  private readonly counts = new Map<string, number>();
  private readonly places = new WeakMap<Socket, readonly string[]>();
  /** Connections that count somewhere; while there are none, nothing has to be looked up. */
  private placed = 0;

  /** How many count in a pool. */
  count(levelId: string): number {
    return this.counts.get(levelId) ?? 0;
  }

  /** Whether this one counts in that pool already. */
  has(socket: Socket, levelId: string): boolean {
    return this.placed > 0 && (this.places.get(socket)?.includes(levelId) ?? false);
  }

  /** From now on it counts in these pools and no others, until it closes. */
  move(socket: Socket, levelIds: readonly string[]): void {
    if (levelIds.length === 0 && this.placed === 0) return;
    const before = this.places.get(socket);
    if (before === levelIds || (levelIds.length === 0 && (before ?? NOWHERE).length === 0)) return;
    // Nothing would tell when to take it away again.
    if (socket.destroyed) return;
    if (before === undefined) socket.once('close', () => this.put(socket, NOWHERE));
    this.put(socket, levelIds);
  }

  private put(socket: Socket, levelIds: readonly string[]): void {
    const before = this.places.get(socket) ?? NOWHERE;
    for (const id of before) this.add(id, -1);
    for (const id of levelIds) this.add(id, 1);
    this.placed += Math.sign(levelIds.length) - Math.sign(before.length);
    this.places.set(socket, levelIds);
  }

  private add(levelId: string, change: number): void {
    const count = this.count(levelId) + change;
    if (count > 0) this.counts.set(levelId, count);
    else this.counts.delete(levelId);
  }
}
