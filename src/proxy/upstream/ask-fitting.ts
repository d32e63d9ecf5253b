import type { Part } from './split-texts.js';
import { isOfCount, shortened, tooMuch } from './too-much.js';

/** Most requests that one is made into to find what the server does not take: ten long texts among 50 take 53. */
const MOST_REQUESTS = 64;
/** Cuts of one text, after which it is cut to what is small: 100 000 characters come to 780 by halves. */
const MOST_CUTS = 7;
/** A text no longer than this, in characters, is not what was too much: nothing smaller will do either. */
const SMALL = 256;

export interface Fitting {
  /** Asks the server for the scores of the texts, in order. */
  readonly ask: (texts: readonly string[]) => Promise<ArrayLike<number>>;
  /** Told of a place whose text is cut, before it is settled. */
  readonly onCut: (place: number) => void;
  /** Settles one place, once. */
  readonly settle: (place: number, outcome: number | { readonly cause: unknown }) => void;
  /** Told how many texts the server takes at once, where it said of more that they were too many. */
  readonly onLearnt: (count: number) => void;
  /** A list of which the scores depend on each other is asked for whole or not at all. */
  readonly isWhole: boolean;
}

/**
 * Asks for all texts of a part at once; where that is too much for the server, for each half, and a text that is too long by
 * itself is cut, so that one does not fail the rest. Where even a small one is refused it is given up. Settles every place;
 * never rejects. At most 64 requests.
 */
export async function askFitting(part: Part, fitting: Fitting): Promise<void> {
  await send(part, fitting, { left: MOST_REQUESTS - 1, end: undefined });
}

interface Requests {
  left: number;
  /** Why no more are made. */
  end: { readonly cause: unknown } | undefined;
}

/** Whether all was had as it was sent. */
async function send(part: Part, fitting: Fitting, requests: Requests): Promise<boolean> {
  const { places, texts } = part;
  if (requests.end !== undefined) {
    for (const place of places) fitting.settle(place, requests.end);
    return false;
  }
  try {
    const scores = await fitting.ask(texts);
    places.forEach((place, index) => {
      fitting.settle(place, scores[index]!);
    });
    return true;
  } catch (cause) {
    const refusal = fitting.isWhole ? undefined : tooMuch(cause);
    if (refusal !== undefined && texts.length > 1 && requests.left >= 2)
      return sendHalves(part, refusal, fitting, requests);
    if (refusal !== undefined && texts.length === 1)
      await sendShorter(part, { refusal, cause }, fitting, requests);
    else for (const place of places) fitting.settle(place, { cause });
    return false;
  }
}

async function sendHalves({ places, texts }: Part, refusal: string, fitting: Fitting, requests: Requests) {
  requests.left -= 2;
  const middle = Math.ceil(texts.length / 2);
  const halves = [
    { places: places.slice(0, middle), texts: texts.slice(0, middle) },
    { places: places.slice(middle), texts: texts.slice(middle) },
  ];
  let isLearnt = true;
  for (const half of halves) isLearnt = (await send(half, fitting, requests)) && isLearnt;
  if (isLearnt && isOfCount(refusal)) fitting.onLearnt(middle);
  return isLearnt;
}

/** At most eight requests: seven by what is said or by halves, and one of what is small. */
async function sendShorter(
  { places, texts }: Part,
  refused: { readonly refusal: string; readonly cause: unknown },
  fitting: Fitting,
  requests: Requests,
) {
  let [text] = texts as [string];
  let { cause } = refused;
  let said: string | undefined = refused.refusal;
  for (let cuts = 0; said !== undefined && requests.left > 0; cuts++) {
    if (text.length <= SMALL) {
      requests.end = { cause };
      break;
    }
    text = cuts < MOST_CUTS ? shortened(text, said) : text.slice(0, SMALL).toWellFormed();
    requests.left -= 1;
    try {
      const [score] = Array.from(await fitting.ask([text]));
      fitting.onCut(places[0]!);
      fitting.settle(places[0]!, score!);
      return;
    } catch (thrown) {
      cause = thrown;
      said = tooMuch(thrown);
    }
  }
  fitting.settle(places[0]!, { cause });
}
