import type { Candidate } from '../base/documents.js';
import { headOf } from '../base/head-of.js';

/** Grade by document id, 0 or more, higher is more relevant; a document that is not listed has grade 0. */
export type Judgements = ReadonlyMap<string, number>;

/** One query with what a retriever offers for it and what is known to be relevant. */
export interface CollectionQuery {
  readonly id: string;
  readonly text: string;
  /** In the retriever's order, best first; ids are set, scores are not. May be empty. */
  readonly candidates: readonly (Candidate & { readonly id: string })[];
  /** Over the whole collection, so also of documents that are not among the candidates. */
  readonly judgements: Judgements;
  /** Queries of one group are wordings of one need; absent where the collection has no groups. */
  readonly group?: string;
}

/** A test collection for reordering: queries in the order of their file. */
export interface Collection {
  readonly name: string;
  readonly queries: readonly CollectionQuery[];
}

/** Most characters of a document that are ranked. */
export const DOCUMENT_CHARACTERS = 4000;

/** The text that stands for a document: title and text, or the text alone, cut after 4000 UTF-16 units. */
export function documentText(title: string, text: string): string {
  return headOf(title === '' ? text : `${title}. ${text}`, DOCUMENT_CHARACTERS);
}

/** The queries somebody judged: over the others no average says anything, as in trec_eval. */
export function judgedQueries(collection: Collection): CollectionQuery[] {
  return collection.queries.filter((query) => query.judgements.size > 0);
}
