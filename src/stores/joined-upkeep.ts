import type { CompactedPart, RepairedPart, StatePart, StateUpkeep } from './upkeep.js';

/** Upkeep of several kinds of files as of one; their parts in that order. Only parts that `parts` gave are taken. */
export class JoinedUpkeep implements StateUpkeep {
  private readonly owners = new WeakMap<StatePart, StateUpkeep>();

  constructor(private readonly all: readonly StateUpkeep[]) {}

  parts(): StatePart[] {
    return this.all.flatMap((upkeep) => {
      const parts = upkeep.parts();
      for (const part of parts) this.owners.set(part, upkeep);
      return parts;
    });
  }

  inspect(part: StatePart): string[] {
    return this.ownerOf(part).inspect(part);
  }

  repair(part: StatePart): RepairedPart | undefined {
    return this.ownerOf(part).repair(part);
  }

  setAside(namespace: string): string[] {
    return this.all.flatMap((upkeep) => upkeep.setAside(namespace)).sort();
  }

  compact(part: StatePart): CompactedPart {
    return this.ownerOf(part).compact(part);
  }

  backup(part: StatePart, folder: string): Promise<void> {
    return this.ownerOf(part).backup(part, folder);
  }

  retire(part: StatePart, folder: string): void {
    this.ownerOf(part).retire(part, folder);
  }

  private ownerOf(part: StatePart): StateUpkeep {
    const owner = this.owners.get(part);
    if (owner === undefined) throw new RangeError(`${part.path} is no part of this`);
    return owner;
  }
}
