/** What of the tokenizer library's post-processors is used: tokens with special ones put around them. */
export interface PostProcessor {
  post_process(
    first: readonly string[],
    second: readonly string[] | null,
    addSpecials: boolean,
  ): PostProcessed;
}

export interface PostProcessed {
  readonly tokens: readonly string[];
  /** The second text's, where the processor has left them out. */
  readonly tokens_pair?: readonly string[] | null;
  readonly token_type_ids?: readonly number[];
}

/** What the graph is given for one text or pair. */
export interface TokenRow {
  readonly ids: readonly number[];
  /** 0 for a text alone and for queries, for most models 1 for a query's text. */
  readonly types: readonly number[];
}

/** One place of a row: a special token, or all tokens of a text (0: the first, 1: the second). */
export type TokenSlot =
  | { readonly id: number; readonly type: number }
  | { readonly text: 0 | 1; readonly type: number };

/** What stands for the texts while the tokenizer is asked where it puts them; no tokenizer has such tokens. */
const TEXTS = ['\0first', '\0second'];

/**
 * Where a tokenizer puts special tokens around one text (`count` 1) or two: asked of it once, so that texts can be cut to
 * any length before they are put in. `idOf` gives the id of a special token. Types are cut to the kinds that the model
 * tells apart. Throws an Error where a special token has no id or a text is put in more than once or not at all.
 */
export function findSlots(
  processor: PostProcessor | null,
  count: 1 | 2,
  idOf: (token: string) => number | undefined,
  tokenTypes = 2,
): TokenSlot[] {
  const texts = TEXTS.slice(0, count);
  const made = processor?.post_process([texts[0]!], count === 2 ? [texts[1]!] : null, true);
  // Processors that add nothing hand the second text on.
  const tokens = made === undefined ? texts : [...made.tokens, ...(made.tokens_pair ?? [])];
  if (texts.some((text) => tokens.filter((token) => token === text).length !== 1))
    throw new Error(`its post_processor does not take ${count === 1 ? 'one text' : 'two texts'}`);
  return tokens.map((token, place) => {
    const text = texts.indexOf(token);
    const type = Math.min(made?.token_type_ids?.[place] ?? Math.max(0, text), Math.max(0, tokenTypes - 1));
    if (text >= 0) return { text: text as 0 | 1, type };
    const id = idOf(token);
    if (id === undefined) throw new Error(`its special token ${token} is not in its vocabulary`);
    return { id, type };
  });
}

/** How many special tokens a row has. */
export function countSpecials(slots: readonly TokenSlot[]): number {
  return slots.filter((slot) => 'id' in slot).length;
}

/** A row of the texts' tokens. */
export function fillSlots(slots: readonly TokenSlot[], ...texts: readonly (readonly number[])[]): TokenRow {
  const filled = slots.map((slot) => ({
    ids: 'id' in slot ? [slot.id] : texts[slot.text]!,
    type: slot.type,
  }));
  return {
    ids: filled.flatMap(({ ids }) => ids),
    types: filled.flatMap(({ ids, type }) => ids.map(() => type)),
  };
}
