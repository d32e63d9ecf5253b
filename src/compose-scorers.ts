import { AppError } from './base/errors.js';
import type { Settings } from './base/settings/table.js';
import { MODELLESS_DIALECTS } from './base/settings/upstream-endpoint.js';
import { type OpenedUpstream, openUpstream, type UpstreamTools } from './compose-upstream.js';
import { upstreamDialect } from './proxy/upstream/upstream-dialects.js';
import { upstreamUrl } from './proxy/upstream/upstream-url.js';
import type { Scorer } from './scorers/scorer.js';
import { type LentScorer, type OpenedScorer, ScorerPool } from './scorers/scorer-pool.js';
import { parseScorerSpec } from './scorers/scorer-spec.js';

/** What a namespace scores with instead of what the settings say. */
export interface ScorerChoice {
  /** As `SCORER` is written; absent = as the settings say, or `upstream` where one is given and they name none. */
  readonly scorer?: string | undefined;
  readonly upstream?: UpstreamChoice | undefined;
}

export interface UpstreamChoice {
  readonly url: string;
  readonly dialect: string;
  readonly model?: string | undefined;
  /** Name of a key in `UPSTREAM_API_KEYS`; absent = none is sent, and never that of the settings' upstream. */
  readonly apiKeyName?: string | undefined;
}

/** Scorers with a pair model, by name. */
export type PairScorers = Partial<Record<'cross-encoder' | 'upstream', Scorer>>;

export interface ScorersOptions {
  readonly settings: Settings;
  readonly upstreamTools: UpstreamTools;
  /** The scorer of the settings, and their upstream where it is open already. */
  readonly usual: Scorer;
  readonly upstream: OpenedUpstream | undefined;
  /** Makes a scorer of the same parts. */
  make(spec: string, pairs: PairScorers): Scorer;
  /** Loads the cross-encoder of the settings, once. Rejects with an Error that says why it cannot be had. */
  crossEncoder(): Promise<Scorer>;
  readonly onCloseFailed: (error: Error) => void;
}

/** What a choice comes to: everything on which scores, or who is asked, depend. */
interface Resolved {
  readonly spec: string;
  readonly names: ReadonlySet<string>;
  /** Absent = that of the settings. */
  readonly upstream: UpstreamChoice | undefined;
}

/**
 * The scorers of namespaces that differ from the settings: opened when one is needed, shared by all who choose the same,
 * closed when nobody uses them and others need the room. What they are made of is shared by all; only upstreams, which
 * hold connections, are each their own, and one is asked with its own key or none.
 */
export class Scorers {
  private readonly pool: ScorerPool;
  private readonly upstreams: ScorerPool;
  private ownUpstream: OpenedUpstream | undefined;
  private readonly usualKey: string;

  constructor(private readonly options: ScorersOptions) {
    this.usualKey = JSON.stringify([options.settings.scorer]);
    this.pool = new ScorerPool(options.onCloseFailed);
    this.upstreams = new ScorerPool(options.onCloseFailed);
  }

  /**
   * The scorer that `choice` asks for by now; see `NamespaceDependencies.lendScorer`. Rejects with `AppError` 503 where it
   * cannot be had.
   */
  lend(choice: () => ScorerChoice): LentScorer | Promise<LentScorer> {
    const key = this.keyOf(choice());
    const isCurrent = () => this.keyOf(choice()) === key;
    if (key === this.usualKey) return { scorer: this.options.usual, isCurrent, giveBack: () => undefined };
    return this.lendOther(choice(), key, isCurrent);
  }

  /** Why a choice cannot be had, in words without what is secret; undefined = it can. */
  problem(choice: ScorerChoice): string | undefined {
    const used = this.usedProblem(choice);
    // Also one that nobody uses for now must be right.
    return used ?? (choice.upstream && this.upstreamProblem(choice.upstream));
  }

  async close(): Promise<void> {
    await this.pool.close();
    await this.upstreams.close();
    if (this.ownUpstream !== this.options.upstream) await this.ownUpstream?.close();
  }

  private keyOf(choice: ScorerChoice): string {
    if (choice.scorer === undefined && choice.upstream === undefined) return this.usualKey;
    const { spec, names, upstream } = this.resolve(choice);
    if (!names.has('upstream') || upstream === undefined) return JSON.stringify([spec]);
    const { url, dialect, model, apiKeyName } = upstream;
    return JSON.stringify([spec, url, dialect, model ?? null, apiKeyName ?? null]);
  }

  private resolve({ scorer, upstream }: ScorerChoice): Resolved {
    const usual = this.options.settings.scorer;
    const spec = scorer ?? (upstream === undefined || namesOf(usual).has('upstream') ? usual : 'upstream');
    return { spec, names: namesOf(spec), upstream };
  }

  private async lendOther(choice: ScorerChoice, key: string, isCurrent: () => boolean): Promise<LentScorer> {
    const problem = this.usedProblem(choice);
    if (problem !== undefined) throw unavailable(problem);
    const lent = await this.pool.lend(key, () => this.open(this.resolve(choice)));
    return { ...lent, isCurrent };
  }

  private async open({ spec, names, upstream }: Resolved): Promise<OpenedScorer> {
    const { settings } = this.options;
    const pairs: PairScorers = {};
    let giveBack: () => void = () => undefined;
    if (names.has('cross-encoder')) pairs['cross-encoder'] = await this.crossEncoder();
    if (names.has('upstream')) {
      const lent = await this.lendUpstream(upstream);
      pairs.upstream = lent.scorer;
      giveBack = lent.giveBack;
    }
    const longest = Math.max(settings.inferenceTimeoutMs, settings.upstreamTimeoutMs);
    return {
      scorer: this.options.make(spec, pairs),
      waitMs: names.has('upstream') ? longest : undefined,
      close: async () => giveBack(),
    };
  }

  private async crossEncoder(): Promise<Scorer> {
    try {
      return await this.options.crossEncoder();
    } catch (cause) {
      throw unavailable('the cross-encoder cannot be loaded', cause);
    }
  }

  private async lendUpstream(upstream: UpstreamChoice | undefined) {
    const { settings, upstreamTools } = this.options;
    if (upstream === undefined) {
      this.ownUpstream ??= this.options.upstream ?? openUpstream(settings, upstreamTools);
      return { scorer: this.ownUpstream.scorer, giveBack: () => undefined };
    }
    return this.upstreams.lend(JSON.stringify(upstream), async () =>
      openUpstream(settingsOf(upstream, settings), upstreamTools, upstream.apiKeyName),
    );
  }

  private usedProblem(choice: ScorerChoice): string | undefined {
    const { settings } = this.options;
    const { spec, names, upstream } = this.resolve(choice);
    try {
      parseScorerSpec(spec);
    } catch (error) {
      return (error as Error).message;
    }
    if (names.has('cross-encoder') && settings.crossEncoderModel === undefined)
      return 'scorer "cross-encoder" needs CROSS_ENCODER_MODEL';
    if (!names.has('upstream')) return undefined;
    if (upstream !== undefined) return this.upstreamProblem(upstream);
    const { upstreamUrl: url, upstreamDialect: dialect, upstreamModel: model } = settings;
    if (url === undefined || dialect === undefined)
      return 'scorer "upstream" needs an upstream, by policy or by UPSTREAM_URL and UPSTREAM_DIALECT';
    if (settings.upstreamModels !== undefined && MODELLESS_DIALECTS.includes(dialect))
      return `UPSTREAM_MODELS: the dialect "${dialect}" cannot ask for a model`;
    return endpointProblem(url, dialect, model);
  }

  private upstreamProblem({ url, dialect, model, apiKeyName }: UpstreamChoice): string | undefined {
    const keys = this.options.settings.upstreamApiKeys ?? {};
    if (apiKeyName !== undefined && !Object.hasOwn(keys, apiKeyName))
      return `UPSTREAM_API_KEYS has no key "${apiKeyName}"`;
    return endpointProblem(url, dialect, model);
  }
}

function endpointProblem(url: string, dialect: string, model: string | undefined): string | undefined {
  try {
    upstreamUrl(url, upstreamDialect(dialect), model);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * The settings with another upstream: nothing that is of theirs alone goes there, neither key nor headers. Callers'
 * credentials go along as they do with theirs, unless it has a key of its own.
 */
function settingsOf({ url, dialect, model, apiKeyName }: UpstreamChoice, settings: Settings): Settings {
  return {
    ...settings,
    upstreamUrl: url,
    upstreamDialect: dialect as NonNullable<Settings['upstreamDialect']>,
    upstreamModel: model,
    upstreamModels: undefined,
    upstreamApiKey: apiKeyName === undefined ? undefined : settings.upstreamApiKeys![apiKeyName],
    upstreamPassCredentials: apiKeyName === undefined && settings.upstreamPassCredentials,
    upstreamAuthHeader: undefined,
    upstreamHeaders: undefined,
    upstreamScale: 'auto',
    upstreamListwise: 'auto',
  };
}

function namesOf(spec: string): Set<string> {
  return new Set(spec.split(',').map((part) => part.split(':')[0]!.trim()));
}

function unavailable(problem: string, cause?: unknown): AppError {
  return new AppError('UNAVAILABLE', `The scorer of this namespace cannot be had: ${problem}`, null, {
    cause,
  });
}
