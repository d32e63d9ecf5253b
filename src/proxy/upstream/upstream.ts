import { createHash } from 'node:crypto';
import { systemClock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import { ModelError } from '../../base/model-call.js';
import { startWait } from '../../base/patience.js';
import type { ModelWishes } from '../../base/request-wishes.js';
import { toModelError } from '../../remote/model-failure.js';
import { hasNothingToRead } from '../../text/nothing-to-read.js';
import type { PairCall, PairModel } from '../pair-model.js';
import { askFitting } from './ask-fitting.js';
import { LearntCount } from './learnt-count.js';
import { callersRefusal } from './refusals.js';
import { type Part, splitTexts } from './split-texts.js';
import { Turns } from './turns.js';
import { UpstreamClient, type UpstreamClientOptions } from './upstream-client.js';
import { takesModel, upstreamUrl } from './upstream-url.js';
import { credentialOf, isCallersOwn, isRaw, isSendable, keyOfWishes, modelOf } from './upstream-wishes.js';

export interface UpstreamOptions extends UpstreamClientOptions {
  /** What its scores are; default: as the dialect says. */
  readonly scale?: PairModel['scale'] | undefined;
  /** Whether a score depends on the other documents; default: whether the model that is asked is known for that. */
  readonly isListwise?: boolean | undefined;
  /** Name of the key that is sent, where there are several: scores of one account are none of another's. */
  readonly keyName?: string | undefined;
  /** Requests that may wait for their turn. */
  readonly maxQueued: number;
}

/** A reranker elsewhere. */
export interface Upstream extends PairModel {
  /** What `scoreEach` gives a caller with these wishes: logits where raw scores are wished and the dialect has them. */
  scaleOf(wishes: ModelWishes | undefined): PairModel['scale'];
  /** Whether it failed so often that it is left alone for now. */
  readonly isBroken: boolean;
  /** Where requests go, as it may be logged. */
  readonly label: string;
}

/** Models that read the whole list at once. */
const LISTWISE = /jina-reranker-v3/i;
/** Bounds of the texts of one request, unless the dialect has others. */
const MAX_BYTES = 4 * 2 ** 20;
/** The score of a text with nothing to read: not above any other, and 0 through the logistic function. */
const WORST = { probability: 0, logit: -1000 };
/** Texts shorter than this are not looked for in what upstreams say, and of longer ones the start. */
const LEAST_HIDDEN = 12;
const MOST_HIDDEN = 32;

type Outcome = number | Error;

/**
 * A reranker elsewhere, in any of the dialects. Large lists go in several requests at once, merged by place; blank texts are
 * answered here. No call takes longer than `timeoutMs`. Throws an Error, without what is secret, where the URL is none or
 * the dialect cannot be spoken there.
 */
export function createUpstream(options: UpstreamOptions): Upstream {
  return new RemoteReranker(options);
}

/** Gives the text at a place its score, or why it has none. */
type Settle = (place: number, outcome: number | { readonly cause: unknown }) => void;

class RemoteReranker implements Upstream {
  readonly name = 'upstream';
  readonly version: string;
  readonly scale: PairModel['scale'];
  private readonly client: UpstreamClient;
  private readonly turns: Turns;
  private readonly learnt: LearntCount;
  private isClosed = false;

  constructor(private readonly options: UpstreamOptions) {
    const { dialect, models } = options;
    if (models !== undefined && !takesModel(dialect))
      throw new Error(`the dialect ${dialect.name} cannot ask for a model of the namespace`);
    this.client = new UpstreamClient(options);
    this.learnt = new LearntCount(options.clock ?? systemClock());
    this.turns = new Turns(options.maxConcurrent, options.maxQueued);
    this.scale = options.scale ?? options.dialect.scale;
    this.version = versionOf(options, this.scale);
  }

  get isBroken(): boolean {
    return this.client.isBroken;
  }

  get label(): string {
    return this.client.label;
  }

  isListwise(wishes: ModelWishes | undefined, namespace: string): boolean {
    return this.options.isListwise ?? LISTWISE.test(modelOf(this.options, wishes, namespace) ?? '');
  }

  keyOf(wishes: ModelWishes | undefined, namespace: string): string {
    return keyOfWishes(this.options, wishes, namespace);
  }

  modelOf(wishes: ModelWishes | undefined, namespace: string): string {
    return modelOf(this.options, wishes, namespace) ?? this.name;
  }

  scaleOf(wishes: ModelWishes | undefined): PairModel['scale'] {
    return isRaw(this.options, wishes) ? 'logit' : this.scale;
  }

  scoreEach(query: string, texts: readonly string[], call: PairCall): readonly Promise<number>[] {
    const settlers: ((outcome: Outcome) => void)[] = [];
    const answers = texts.map((_, place) => {
      const answer = new Promise<number>((resolve, reject) => {
        settlers[place] = (outcome) => (typeof outcome === 'number' ? resolve(outcome) : reject(outcome));
      });
      answer.catch(() => undefined);
      return answer;
    });
    const toError = this.errorsOf(query, texts, call);
    const settle: Settle = (place, outcome) =>
      settlers[place]!(typeof outcome === 'number' ? outcome : toError(outcome.cause));
    void this.run(query, texts, call, settle).catch((cause) => {
      for (const settleOne of settlers) settleOne(toError(cause));
    });
    return answers;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.client.close();
  }

  private async run(query: string, texts: readonly string[], call: PairCall, settle: Settle): Promise<void> {
    if (this.isClosed) throw new ModelError('closed', 'the upstream is closed');
    const { wishes } = call;
    const credential = credentialOf(this.options, wishes);
    if (credential !== undefined && !isSendable(credential))
      throw new AppError('UNAUTHORIZED', 'The credential cannot be sent to the upstream');
    const sent: { places: number[]; texts: string[] } = { places: [], texts: [] };
    texts.forEach((text, place) => {
      if (hasNothingToRead(text)) {
        settle(place, WORST[this.scaleOf(wishes)]);
      } else {
        sent.places.push(place);
        sent.texts.push(text.slice(0, this.options.dialect.maxCharacters).toWellFormed());
      }
    });
    if (sent.texts.length === 0) return;
    const wait = startWait(this.options.timeoutMs, call.signal && (() => call.signal!));
    try {
      await this.askFor(query, sent, call, settle, wait.signal());
    } finally {
      wait.end();
    }
  }

  private async askFor(
    query: string,
    sent: Part,
    call: PairCall,
    settle: Settle,
    signal: AbortSignal,
  ): Promise<void> {
    const { wishes, namespace } = call;
    const context = { wishes, namespace, signal };
    const ask = (asked: readonly string[]) =>
      this.turns.take(namespace, signal, () => this.client.ask(query.toWellFormed(), asked, context));
    const onCut = (place: number) => call.onCut?.(place);
    const onLearnt = (count: number) => this.learnt.learn(count);
    const parts = await this.split(query, sent, call);
    const isWhole = this.isListwise(wishes, namespace);
    await Promise.all(parts.map((part) => askFitting(part, { ask, settle, onCut, onLearnt, isWhole })));
  }

  private async split(query: string, all: Part, { wishes, namespace }: PairCall): Promise<Part[]> {
    const { maxBytes = MAX_BYTES, maxTokens } = this.options.dialect;
    const most = await this.client.maxDocuments();
    const isWhole = this.isListwise(wishes, namespace);
    const maxDocuments = isWhole ? most : Math.min(most, this.learnt.most);
    const parts = splitTexts(query, all, { maxDocuments, maxBytes, maxTokens });
    if (isWhole && parts.length > 1)
      throw new ModelError('failed', 'more documents than the upstream reads as one list');
    return parts;
  }

  /** What a cause is to the caller: made once for each, since all texts of a request share it. */
  private errorsOf(query: string, texts: readonly string[], { wishes }: PairCall): (cause: unknown) => Error {
    const known = new Map<unknown, Error>();
    const { apiKey, headers = {} } = this.options;
    const credential = credentialOf(this.options, wishes);
    const errorOf = (cause: unknown): Error => {
      if (cause instanceof AppError) return cause;
      const hidden = () => [
        ...[apiKey, credential, ...Object.values(headers)].filter((secret) => secret !== undefined),
        ...[query, ...texts]
          .filter(({ length }) => length >= LEAST_HIDDEN)
          .map((text) => text.slice(0, MOST_HIDDEN)),
      ];
      const refusal = isCallersOwn(this.options, wishes) ? callersRefusal(cause, hidden()) : undefined;
      return refusal ?? toModelError(cause);
    };
    return (cause) => {
      const error = known.get(cause) ?? errorOf(cause);
      known.set(cause, error);
      return error;
    };
  }
}

/** Equal for equal headers, in whatever order; a gateway may choose the model by one. */
function sorted(headers: UpstreamOptions['headers'] = {}) {
  return Object.entries(headers).sort();
}

/** Short for all that makes the scores what they are, as far as it can be known from here. */
function versionOf(options: UpstreamOptions, scale: PairModel['scale']): string {
  const { url, dialect, model, headers, keyName } = options;
  const { host, pathname, search } = new URL(upstreamUrl(url, dialect, model));
  const parts: unknown[] = [host, pathname, search, dialect.name, model ?? null, sorted(headers), scale];
  if (keyName !== undefined) parts.push(keyName);
  const hash = createHash('sha256').update(JSON.stringify(parts));
  return `upstream-1-${hash.digest('hex').slice(0, 16)}`;
}
