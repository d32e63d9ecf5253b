import { basename, dirname, resolve } from 'node:path';
import type { Candidate } from '../base/documents.js';
import { type Collection, documentText, type Judgements } from './collection.js';
import { findFile, requiredFile } from './find-file.js';
import { CollectionError } from './read-lines.js';
import { readRecords, readTable } from './records.js';

/** Bounds on what is read; a collection beyond one of them is refused, naming the line. */
export interface CollectionLimits {
  readonly queries: number;
  readonly judgements: number;
  readonly candidatesPerQuery: number;
  /** Documents that are somebody's candidate: the only ones kept. */
  readonly candidates: number;
  /** Lines of the corpus, kept or not. */
  readonly documents: number;
  /** UTF-16 units of any line. */
  readonly lineCharacters: number;
}

export const COLLECTION_LIMITS: CollectionLimits = {
  queries: 100_000,
  judgements: 5_000_000,
  candidatesPerQuery: 2000,
  candidates: 250_000,
  documents: 10_000_000,
  lineCharacters: 4_194_304,
};

/** A candidate list before its texts are known; `line` is where it stands. */
interface CandidateList {
  readonly line: number;
  readonly ids: readonly string[];
}

/** Where one file's rules find it and how much they allow. */
interface Source {
  readonly folder: string;
  readonly limits: CollectionLimits;
}

/**
 * Reads a folder of `queries.jsonl` (`_id`, `text`), `qrels.tsv` (query-id, corpus-id, score), `candidates.jsonl`
 * (`qid`, `docs: [[id, score], …]`), `corpus.jsonl` (`_id`, `title`, `text`; also one folder up) and, where queries
 * are wordings of one need, `groups.tsv` (query-id, group-id). Each may be packed as `.gz`. The retriever's scores are
 * left behind; judgements and groups of queries that are not in the folder are skipped, for qrels are often shared.
 *
 * Keeps the texts of candidates only. Throws `CollectionError`, which names file and line.
 */
export async function readCollection(
  directory: string,
  limits: CollectionLimits = COLLECTION_LIMITS,
): Promise<Collection> {
  const source = { folder: resolve(directory), limits };
  const texts = await readQueries(source);
  const judgements = await readJudgements(source, texts);
  const groups = await readGroups(source, texts);
  const lists = await readCandidates(source, texts);
  const documents = await readDocuments(source, lists);
  const queries = [...texts].map(([id, text]) => ({
    id,
    text,
    candidates: (lists.get(id)?.ids ?? []).map((document) => documents.get(document)!),
    judgements: judgements.get(id) ?? new Map<string, number>(),
    ...(groups.has(id) && { group: groups.get(id)! }),
  }));
  return { name: basename(source.folder), queries };
}

async function readQueries({ folder, limits }: Source): Promise<Map<string, string>> {
  const file = await requiredFile([folder], 'queries.jsonl');
  const texts = new Map<string, string>();
  for await (const record of readRecords(file, limits.queries, limits.lineCharacters)) {
    const id = record.text('_id');
    if (texts.has(id)) record.fail(`query ${id} is there twice`);
    texts.set(id, record.text('text'));
  }
  return texts;
}

async function readJudgements(
  { folder, limits }: Source,
  queries: ReadonlyMap<string, string>,
): Promise<Map<string, Judgements>> {
  const file = await requiredFile([folder], 'qrels.tsv');
  const judgements = new Map<string, Map<string, number>>();
  const columns = ['query-id', 'corpus-id', 'score'];
  for await (const row of readTable(file, columns, limits.judgements, limits.lineCharacters)) {
    const [query, document, score] = row.cells as [string, string, string];
    if (!/^-?\d{1,9}$/.test(score)) row.fail(`the score is not a whole number: ${score}`);
    if (!queries.has(query)) continue;
    const own = judgements.get(query) ?? new Map<string, number>();
    if (own.has(document)) row.fail(`document ${document} is judged twice for query ${query}`);
    judgements.set(query, own.set(document, Math.max(0, Number(score))));
  }
  return judgements;
}

async function readGroups(
  { folder, limits }: Source,
  queries: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const groups = new Map<string, string>();
  const file = await findFile([folder], 'groups.tsv');
  if (file === undefined) return groups;
  const columns = ['query-id', 'group-id'];
  for await (const row of readTable(file, columns, limits.queries, limits.lineCharacters)) {
    const [query, group] = row.cells as [string, string];
    if (groups.has(query)) row.fail(`query ${query} is in a group already`);
    if (queries.has(query)) groups.set(query, group);
  }
  return groups;
}

async function readCandidates(
  { folder, limits }: Source,
  queries: ReadonlyMap<string, string>,
): Promise<Map<string, CandidateList>> {
  const file = await requiredFile([folder], 'candidates.jsonl');
  const lists = new Map<string, CandidateList>();
  for await (const record of readRecords(file, limits.queries, limits.lineCharacters)) {
    const query = record.text('qid');
    if (!queries.has(query)) record.fail(`query ${query} is not among the queries`);
    if (lists.has(query)) record.fail(`query ${query} has a list already`);
    const docs = record.list('docs');
    if (docs.length > limits.candidatesPerQuery) {
      record.fail(`more than ${limits.candidatesPerQuery} candidates`);
    }
    const ids = docs.map(
      (entry) => candidateId(entry) ?? record.fail('an entry of "docs" has no text as id'),
    );
    if (new Set(ids).size < ids.length) record.fail('a document is in the list twice');
    lists.set(query, { line: record.line, ids });
  }
  return lists;
}

/** The id of `[id, score]`; undefined where it is not text. */
function candidateId(entry: unknown): string | undefined {
  const id: unknown = Array.isArray(entry) ? entry[0] : undefined;
  return typeof id === 'string' ? id : undefined;
}

async function readDocuments(
  { folder, limits }: Source,
  lists: ReadonlyMap<string, CandidateList>,
): Promise<Map<string, Candidate & { id: string }>> {
  const file = await requiredFile([folder, dirname(folder)], 'corpus.jsonl');
  const wanted = new Set<string>();
  for (const { ids } of lists.values()) for (const id of ids) wanted.add(id);
  const documents = new Map<string, Candidate & { id: string }>();
  if (wanted.size > limits.candidates) {
    throw new CollectionError(file, undefined, `more than ${limits.candidates} documents are candidates`);
  }
  for await (const record of readRecords(file, limits.documents, limits.lineCharacters)) {
    const id = record.text('_id');
    if (!wanted.has(id)) continue;
    if (documents.has(id)) record.fail(`document ${id} is there twice`);
    documents.set(id, { id, text: documentText(record.text('title', ''), record.text('text')) });
  }
  await checkComplete(folder, lists, documents);
  return documents;
}

async function checkComplete(
  folder: string,
  lists: ReadonlyMap<string, CandidateList>,
  documents: ReadonlyMap<string, Candidate>,
): Promise<void> {
  for (const { line, ids } of lists.values()) {
    const missing = ids.find((id) => !documents.has(id));
    if (missing === undefined) continue;
    const file = await requiredFile([folder], 'candidates.jsonl');
    throw new CollectionError(file, line, `document ${missing} is not in the corpus`);
  }
}
