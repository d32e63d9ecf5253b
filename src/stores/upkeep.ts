/**
 * What commands do to stored files beside reading and writing rows. Each storage mode has one. Everything it throws is a
 * `StorageError`.
 */
export interface StateUpkeep {
  /** The files there are, by namespace; sorted. */
  parts(): StatePart[];
  /** Reads a part to its end and answers what is wrong with it, a sentence each. Changes nothing, also while served. */
  inspect(part: StatePart): string[];
  /**
   * Puts what can be read of a damaged part in its place, and sets the damaged one aside under a new name. Undefined
   * where nothing is wrong. Only for the owner of the folder.
   */
  repair(part: StatePart): RepairedPart | undefined;
  /**
   * Files set aside as damaged that may still hold state of a namespace; sorted. Costs a listing of its folders.
   */
  setAside(namespace: string): string[];
  /** Gives back the space of what was removed. Only for the owner of the folder. */
  compact(part: StatePart): CompactedPart;
  /** Copies a part as it is at one moment into another folder, which exists; also while served. */
  backup(part: StatePart, folder: string): Promise<void>;
  /** Moves a part, as it is, into another folder of the same disk, which is made. Only for the owner of the folder. */
  retire(part: StatePart, folder: string): void;
}

/** A file, or files that belong together. */
export interface StatePart {
  /** Whose it is; null = all share it. */
  readonly namespace: string | null;
  /** The file, or the first of them. */
  readonly path: string;
}

export interface RepairedPart {
  /** Where what was damaged is now. */
  readonly setAside: readonly string[];
  /** Rows that could be read. */
  readonly kept: number;
}

/** Bytes on disk. */
export interface CompactedPart {
  readonly before: number;
  readonly after: number;
}
