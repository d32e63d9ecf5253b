import { clouds } from './clouds.js';
import { cohereFamily } from './cohere-family.js';
import type { DescribedDialect, DescribedLimits } from './described.js';
import { hosted } from './hosted.js';
import { modelServers } from './model-servers.js';

/** Every dialect of the registry, the undecided one first. */
export function describedDialects(limits: DescribedLimits): readonly DescribedDialect[] {
  return [cohereFamily, modelServers, hosted, clouds].flatMap((family) => family(limits));
}

/** `llama.cpp` → `LlamaCpp`: the beginning of the names of a dialect's schemas. */
export function componentName(dialect: string): string {
  return dialect.replace(/(?:^|[^a-z0-9])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
