import type { LoadedSettings } from './load-settings.js';
import { camelCase, type Setting } from './setting.js';
import { PREFIX, SETTINGS, type SettingName } from './table.js';

/** What a masked value looks like. */
export const MASK = '***';

/** A setting as `neuralcache config` shows it. */
export interface DescribedSetting {
  /** With the prefix. */
  readonly name: string;
  /** As a program reads it; null = unset; secrets are `***` where set. */
  readonly value: unknown;
  /** `default`, `environment`, `.env` or the file's name; with the variable where it was not the setting's own name. */
  readonly origin: string;
}

/** Every setting with its value and where it came from, in the order of the table; secrets masked. */
export function describeSettings(loaded: LoadedSettings): DescribedSetting[] {
  return Object.entries(SETTINGS).map(([key, setting]: [string, Setting<unknown>]) => {
    const name = key as SettingName;
    const value = loaded.settings[camelCase(name)] as unknown;
    return {
      name: PREFIX + name,
      value: setting.secret ? mask(value) : (value ?? null),
      origin: loaded.origins[name].label,
    };
  });
}

function mask(value: unknown): unknown {
  const isUnset = value === undefined || (Array.isArray(value) && value.length === 0);
  if (isUnset) return value ?? null;
  return Array.isArray(value) ? value.map(() => MASK) : MASK;
}
