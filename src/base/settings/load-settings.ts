import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { NotBuiltYet, path } from './kinds.js';
import {
  ALIASES,
  closestName,
  IMPLIED,
  isKubernetesVariable,
  NOT_BUILT,
  ORIGINAL_NAMES,
  ORIGINAL_SWITCHES,
} from './other-names.js';
import { ruleProblems } from './rules.js';
import { camelCase, type Setting } from './setting.js';
import { type Entry, type Origin, type ReadFile, readSources, type Source } from './sources.js';
import { PREFIX, SETTINGS, type SettingName, type Settings } from './table.js';
import { withoutCredentials } from './without-credentials.js';

/** What `loadSettings` found. */
export interface LoadedSettings {
  /** Parsed, checked, frozen. */
  readonly settings: Settings;
  /** Where each value came from; `label` names the file, or the variable where it was not our own name. */
  readonly origins: Readonly<Record<SettingName, { readonly origin: Origin; readonly label: string }>>;
  /** Sentences about names that are ignored; for the log. */
  readonly warnings: readonly string[];
}

/** A rule that lives elsewhere: one sentence about what is wrong with the settings, or undefined. */
export type SettingsCheck = (settings: Settings) => string | undefined;

/** Everything that is wrong with the settings, one sentence each; `message` has them all, a line each. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/**
 * Reads the settings once: `overrides` (names without prefix, from the command line), environment, `.env`, the YAML file,
 * defaults. An empty value is not set; relative paths stand against `cwd`, `readFile` reads all files, and `checks` are rules
 * of others over the whole. Throws `SettingsError` that lists every unknown key, bad value and contradiction at once, secrets masked.
 */
export function loadSettings(where: {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  readFile?: ReadFile;
  overrides?: Readonly<Record<string, string>>;
  checks?: readonly SettingsCheck[];
}): LoadedSettings {
  const loader = new Loader(where.cwd, where.readFile ?? ((file) => readFileSync(file, 'utf8')));
  return loader.load(where.env, where.overrides ?? {}, where.checks ?? []);
}

class Loader {
  private readonly problems: string[] = [];
  private readonly warnings: string[] = [];
  private readonly values = new Map<SettingName, unknown>();
  /** Settings of which some value was refused. */
  private readonly refused = new Set<SettingName>();
  private readonly origins = new Map<SettingName, { origin: Origin; label: string }>();

  constructor(
    private readonly cwd: string,
    private readonly readFile: ReadFile,
  ) {}

  load(
    env: Readonly<Record<string, string | undefined>>,
    overrides: Readonly<Record<string, string>>,
    checks: readonly SettingsCheck[],
  ): LoadedSettings {
    const entries = Object.entries(overrides).map(([name, value]) => ({
      name,
      key: PREFIX + name,
      value: value.trim(),
    }));
    this.readSource({
      origin: 'option',
      label: 'option',
      entries: entries.filter((entry) => entry.value !== ''),
    });
    for (const source of readSources(env, this.cwd, this.readFile, this.problems)) this.readSource(source);
    this.applyImplied();
    const settings = this.settings();
    const checked = checks.map((check) => check(settings)).filter((problem) => problem !== undefined);
    const broken = [...ruleProblems(settings), ...checked].filter((problem) => !this.isOfRefused(problem));
    this.problems.push(...broken);
    if (this.problems.length > 0) throw new SettingsError(this.problems);
    const origins = Object.fromEntries(this.origins) as LoadedSettings['origins'];
    return { settings, origins: Object.freeze(origins), warnings: Object.freeze(this.warnings) };
  }

  private readSource(source: Source): void {
    const given = new Map<SettingName, string>();
    for (const entry of source.entries) {
      const meant = this.resolve(entry, source);
      if (!meant) continue;
      const earlier = given.get(meant.name);
      if (earlier !== undefined) {
        this.problems.push(`${entry.key} (${source.label}): ${earlier} sets the same; keep one of them`);
        continue;
      }
      given.set(meant.name, entry.key);
      this.accept(meant.name, meant.value, entry, source);
    }
  }

  /** Which setting an entry sets and with what text; undefined where it sets none. */
  private resolve(entry: Entry, source: Source): { name: SettingName; value: string } | undefined {
    const { name, value } = entry;
    if (source.origin !== 'file' && isKubernetesVariable(name, value)) return undefined;
    if (name === 'CONFIG' && source.origin !== 'file') return undefined;
    if (isSetting(name)) return { name, value };
    const alias = own(ALIASES, name);
    if (alias) return { name: alias, value };
    const switched = own(ORIGINAL_SWITCHES, name);
    if (switched) {
      const converted = switched.convert(value);
      return converted === undefined ? undefined : { name: switched.name, value: converted };
    }
    const secretName = name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : '';
    if (isSetting(secretName) && SETTINGS[secretName].secret) return this.fromFile(secretName, entry, source);
    this.reportUnknown(entry, source);
    return undefined;
  }

  private fromFile(
    name: SettingName,
    entry: Entry,
    source: Source,
  ): { name: SettingName; value: string } | undefined {
    try {
      const value = this.readFile(resolve(this.cwd, entry.value)).trim();
      if (value === '') throw new Error('the file is empty');
      return { name, value };
    } catch (error) {
      this.refused.add(name);
      this.problems.push(`${shown(entry)} (${source.label}): ${(error as Error).message}`);
      return undefined;
    }
  }

  private reportUnknown(entry: Entry, source: Source): void {
    const { name, key, value } = entry;
    const reason = own(ORIGINAL_NAMES, name);
    if (reason) {
      this.warnings.push(`${key} (${source.label}) is ignored: ${reason}`);
      return;
    }
    const planned = own(NOT_BUILT, name) ?? own(NOT_BUILT, name.replace(/_FILE$/, ''));
    if (planned) {
      if (!planned.harmless?.test(value)) {
        this.problems.push(
          `${shown(entry, planned.secret)} (${source.label}): this setting is not built yet`,
        );
      }
      return;
    }
    const closest = closestName(name, Object.keys(SETTINGS));
    const hint = closest
      ? `; did you mean ${source.origin === 'file' ? closest.toLowerCase() : PREFIX + closest}?`
      : '';
    // The value of a name we do not know may be a misspelt secret.
    this.problems.push(`${key} (${source.label}): unknown setting${hint}`);
  }

  /** Whether a broken rule is about a setting that has no value only because the one given was refused. */
  private isOfRefused(problem: string): boolean {
    return [...this.refused].some(
      (name) => !this.values.has(name) && new RegExp(`\\b${PREFIX}${name}\\b`).test(problem),
    );
  }

  /** Parses every value, also those that another source overrides: a bad line is a mistake wherever it stands. */
  private accept(name: SettingName, text: string, entry: Entry, source: Source): void {
    const setting: Setting<unknown> = SETTINGS[name];
    try {
      const value = setting.kind.parse(text, { cwd: this.cwd });
      if (this.values.has(name)) return;
      this.values.set(name, value);
      const label =
        entry.name === name && entry.key !== 'PORT' ? source.label : `${source.label}, ${entry.key}`;
      this.origins.set(name, { origin: source.origin, label });
    } catch (error) {
      const reason =
        error instanceof NotBuiltYet
          ? `${error.message} is not built yet`
          : `expected ${(error as Error).message}`;
      this.refused.add(name);
      this.problems.push(`${shown(entry, setting.secret)} (${source.label}): ${reason}`);
    }
  }

  private applyImplied(): void {
    for (const { by, when, name, value } of IMPLIED) {
      if (!when.includes(this.values.get(by)) || this.values.has(name)) continue;
      const { origin, label } = this.origins.get(by)!;
      this.values.set(name, value);
      this.origins.set(name, { origin, label: `${label}, ${PREFIX}${by}` });
    }
  }

  private settings(): Settings {
    const entries = Object.entries(SETTINGS).map(([key, setting]: [string, Setting<unknown>]) => {
      const name = key as SettingName;
      if (!this.values.has(name)) this.origins.set(name, { origin: 'default', label: 'default' });
      const value = this.values.has(name) ? this.values.get(name) : defaultValue(setting, this.cwd);
      return [camelCase(name), value];
    });
    return Object.freeze(Object.fromEntries(entries)) as Settings;
  }
}

/** All defaults, paths resolved against `cwd`. */
export function defaultSettings(cwd: string): Settings {
  return loadSettings({ env: {}, cwd, readFile: missing }).settings;
}

function missing(): never {
  throw Object.assign(new Error('no files are read'), { code: 'ENOENT' });
}

function defaultValue(setting: Setting<unknown>, cwd: string): unknown {
  const isRelativePath = setting.kind === path && typeof setting.fallback === 'string';
  return isRelativePath ? path.parse(setting.fallback as string, { cwd }) : setting.fallback;
}

function isSetting(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** `KEY="value"`, cut to a line's length; a secret is `***`, and so are credentials in a URL. */
function shown(entry: Entry, secret = false): string {
  const whole = withoutCredentials(entry.value);
  const value = whole.length > 100 ? `${whole.slice(0, 100)}…` : whole;
  return `${entry.key}=${secret ? '***' : JSON.stringify(value)}`;
}
