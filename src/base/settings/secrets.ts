import { camelCase, type Setting } from './setting.js';
import { SETTINGS, type SettingName, type Settings } from './table.js';

/** The values of all secret settings, one by one: what no log line may hold. */
export function secretsOf(settings: Settings): string[] {
  return Object.entries(SETTINGS).flatMap(([name, setting]: [string, Setting<unknown>]) =>
    setting.secret ? textsOf(settings[camelCase(name as SettingName)]) : [],
  );
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
