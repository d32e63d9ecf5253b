import { CollectionError, readLines } from './read-lines.js';

/** One JSON object of a `.jsonl` file; its readers complain with file and line. */
export class JsonRecord {
  constructor(
    private readonly file: string,
    /** From 1. */
    readonly line: number,
    private readonly fields: Readonly<Record<string, unknown>>,
  ) {}

  /** A field that must be text; `fallback` stands in for a missing one. */
  text(name: string, fallback?: string): string {
    const value = this.fields[name] ?? fallback;
    if (typeof value !== 'string') this.fail(`"${name}" is ${value === undefined ? 'missing' : 'not text'}`);
    return value;
  }

  /** A field that must be a list. */
  list(name: string): unknown[] {
    const value = this.fields[name];
    if (!Array.isArray(value)) this.fail(`"${name}" is ${value === undefined ? 'missing' : 'not a list'}`);
    return value;
  }

  fail(reason: string): never {
    throw new CollectionError(this.file, this.line, reason);
  }
}

/** One row of a table of tab-separated columns. */
export interface TableRow {
  readonly cells: readonly string[];
  fail(reason: string): never;
}

/** The objects of a file with one JSON object a line. Throws `CollectionError`. */
export async function* readRecords(
  file: string,
  lines: number,
  characters: number,
): AsyncGenerator<JsonRecord> {
  for await (const line of readLines(file, { lines, characters })) {
    const fields = parsed(line.text);
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
      throw new CollectionError(file, line.number, 'not a JSON object');
    }
    yield new JsonRecord(file, line.number, fields as Record<string, unknown>);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // told by the caller, with file and line, as what it is: no JSON object
  }
}

/** The rows below a header that must name exactly these columns. Throws `CollectionError`. */
export async function* readTable(
  file: string,
  columns: readonly string[],
  rows: number,
  characters: number,
): AsyncGenerator<TableRow> {
  let header = true;
  for await (const line of readLines(file, { lines: rows + 1, characters })) {
    const fail = (reason: string): never => {
      throw new CollectionError(file, line.number, reason);
    };
    const cells = line.text.split('\t');
    if (header && cells.join() !== columns.join()) fail(`the header must be ${columns.join(' <tab> ')}`);
    if (cells.length !== columns.length) fail(`${columns.length} columns wanted, ${cells.length} found`);
    if (!header) yield { cells, fail };
    header = false;
  }
  if (header) throw new CollectionError(file, 1, `the header must be ${columns.join(' <tab> ')}`);
}
