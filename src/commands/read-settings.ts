import { type LoadedSettings, loadSettings, SettingsError } from '../base/settings/load-settings.js';
import type { Settings } from '../base/settings/table.js';
import { DEFAULT_PATTERN } from '../namespaces/name.js';
import { patternProblem } from '../namespaces/pattern.js';
import { type CommandContext, CommandError } from './context.js';

/** Reads the settings of the context's folder and environment; what is wrong with them ends the command, a line each. */
export function readSettings(
  context: Pick<CommandContext, 'env' | 'cwd'>,
  overrides: Readonly<Record<string, string>> = {},
): LoadedSettings {
  try {
    return loadSettings({ env: context.env, cwd: context.cwd, overrides, checks: [namespaceNames] });
  } catch (error) {
    if (error instanceof SettingsError) throw new CommandError(error.message);
    throw error;
  }
}

function namespaceNames(settings: Settings): string | undefined {
  const { namespacePattern, defaultNamespace } = settings;
  const problem = patternProblem(namespacePattern, defaultNamespace);
  if (problem !== undefined && namespacePattern === DEFAULT_PATTERN) {
    return `NEURALCACHE_DEFAULT_NAMESPACE=${JSON.stringify(defaultNamespace)}: does not match NAMESPACE_PATTERN ${DEFAULT_PATTERN}`;
  }
  return problem && `NEURALCACHE_NAMESPACE_PATTERN=${JSON.stringify(namespacePattern)}: ${problem}`;
}
