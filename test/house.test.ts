import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exampleEnv, exampleYaml, readmeSections, withSections } from '../config/docs.mjs';
import { ERRORS } from '../src/base/errors.js';
import { METRICS } from '../src/base/metric-table.js';
import { loadSettings } from '../src/base/settings/load-settings.js';
import { PREFIX, SETTING_GROUPS, SETTINGS } from '../src/base/settings/table.js';
import { ROUTES } from '../src/http/routes/table.js';
import { AUDIT_ACTIONS } from '../src/management/audit-actions.js';

const root = resolve(import.meta.dirname, '..');
const SKIPPED = new Set([
  'node_modules',
  'dist',
  'coverage',
  'data',
  'model-store',
  '.git',
  'package-lock.json',
]);
/** At the root alone: weights. */
const SKIPPED_AT_ROOT = new Set(['models']);

/** All files of the repository by path from its root, with `/`. */
function walk(folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name) || (folder === root && SKIPPED_AT_ROOT.has(entry.name))) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [relative(root, path).split(sep).join('/')];
  });
}

const files = walk();
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const sources = files.filter((path) => path.startsWith('src/') && path.endsWith('.ts'));

interface Import {
  readonly from: string;
  readonly to: string;
}

/** Relative imports of the sources, type imports included, by path from the root. */
const imports: Import[] = sources.flatMap((from) =>
  [...text(from).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g)].map(([, target]) => ({
    from,
    to: relative(root, resolve(root, dirname(from), target!))
      .split(sep)
      .join('/')
      .replace(/\.js$/, '.ts'),
  })),
);

/** `src/http/app.ts` is of `http`, `src/compose-models.ts` of `compose`. */
function layerOf(path: string): string {
  const [, first, ...rest] = path.split('/');
  return rest.length > 0 ? first! : first!.replace(/(-.*)?\.ts$/, '');
}

/** What each layer may import besides itself. Reads from top to bottom: nothing names a layer above its own. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ['commands', 'compose'],
  commands: [
    'http',
    'evaluation',
    'transfer',
    'reranker',
    'management',
    'catalog',
    'namespaces',
    'stores',
    'distillation',
    'encoders',
    'models',
    'base',
  ],
  compose: [
    'evaluation',
    'reranker',
    'management',
    'admission',
    'catalog',
    'namespaces',
    'vectors',
    'proxy',
    'stores',
    'encoders',
    'scorers',
    'inference',
    'models',
    'text',
    'ranking',
    'base',
  ],
  http: ['reranker', 'management', 'admission', 'catalog', 'base'],
  management: ['admission', 'catalog', 'namespaces', 'stores', 'base'],
  admission: ['catalog', 'base'],
  catalog: ['stores', 'base'],
  evaluation: ['reranker', 'namespaces', 'encoders', 'ranking', 'base'],
  transfer: ['namespaces', 'stores', 'ranking', 'base'],
  reranker: ['namespaces', 'vectors', 'stores', 'encoders', 'scorers', 'text', 'ranking', 'base'],
  namespaces: ['vectors', 'stores', 'encoders', 'scorers', 'text', 'ranking', 'base'],
  vectors: ['ranking', 'base'],
  proxy: ['scorers', 'stores', 'encoders', 'remote', 'text', 'base'],
  scorers: ['encoders', 'text', 'base'],
  distillation: ['encoders', 'models', 'text', 'base'],
  encoders: ['inference', 'models', 'remote', 'text', 'base'],
  inference: ['models', 'base'],
  models: ['base'],
  remote: ['base'],
  stores: ['base'],
  text: ['base'],
  ranking: ['base'],
  base: [],
};

/** Of these folders others see the contract alone; `compose` picks the drivers. */
const CONTRACTS: Readonly<Record<string, readonly string[]>> = {
  stores: [
    'src/stores/store.ts',
    'src/stores/cache-store.ts',
    'src/stores/catalog-store.ts',
    'src/stores/upkeep.ts',
  ],
  encoders: ['src/encoders/encoder.ts', 'src/encoders/cross-encoder.ts'],
  inference: ['src/inference/inference.ts', 'src/inference/loaded-model.ts'],
  vectors: ['src/vectors/vector-index.ts'],
};

describe('imports', () => {
  it('are found at all, and lead to files that exist', () => {
    expect(imports.length).toBeGreaterThan(sources.length);
    expect(imports.filter(({ to }) => !sources.includes(to))).toEqual([]);
  });

  it('point down the layers, never up', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [above, below] = [layerOf(from), layerOf(to)];
      return above !== below && !MAY_IMPORT[above]?.includes(below);
    });
    expect(wrong).toEqual([]);
  });

  it('know of stores, encoders and vectors the contract alone, except in compose', () => {
    const wrong = imports.filter(({ from, to }) => {
      const contract = CONTRACTS[layerOf(to)];
      const isOutside = layerOf(from) !== layerOf(to) && layerOf(from) !== 'compose';
      return contract !== undefined && isOutside && !contract.includes(to);
    });
    expect(wrong).toEqual([]);
  });

  it('make no circle', () => {
    expect(findCircle()).toEqual([]);
  });

  it('end with .js, as Node wants them', () => {
    const endings = sources.filter((path) => /from '\.[^']*(?<!\.js)'/.test(text(path)));
    expect(endings).toEqual([]);
  });
});

/** The files of one circle of imports, or none. */
function findCircle(): string[] {
  const targets = new Map(sources.map((path) => [path, new Set<string>()]));
  for (const { from, to } of imports) targets.get(from)!.add(to);
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string[] => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return [];
    for (const target of targets.get(path) ?? []) {
      const circle = visit(target, [...trail, path]);
      if (circle.length > 0) return circle;
    }
    done.add(path);
    return [];
  };
  for (const path of sources) {
    const circle = visit(path, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

describe('files', () => {
  const code = files.filter((path) => /\.(ts|mjs)$/.test(path));
  const prose = files.filter((path) => /\.(ts|mjs|md|json|ya?ml|env)$|^\.|Dockerfile$/.test(path));

  it('stay under 400 lines', () => {
    expect(code.filter((path) => text(path).split('\n').length > 400)).toEqual([]);
  });

  it('are named in kebab-case, and none is a bag of helpers', () => {
    const names = sources.map((path) => path.split('/').at(-1)!);
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.as)?\.ts$/.test(name))).toEqual([]);
    expect(names.filter((name) => /util|helper|common|misc/.test(name))).toEqual([]);
  });

  it('export by name, not wholesale', () => {
    expect(sources.filter((path) => /^export (\*|default)/m.test(text(path)))).toEqual([]);
  });

  it('take time and chance from base alone', () => {
    const calls = /\bDate\.now\(|\bMath\.random\(/;
    const outside = sources.filter((path) => layerOf(path) !== 'base');
    expect(outside.filter((path) => calls.test(withoutComments(text(path))))).toEqual([]);
  });

  it('hold no path of a machine, no registry, and nothing left to do', () => {
    // Put together here so that this file does not find itself.
    const words = [
      '/wor' + 'k/',
      '/roo' + 't/',
      '/hom' + 'e/',
      'registry' + '.npmjs',
      'TO' + 'DO',
      'FIX' + 'ME',
      'XX' + 'X',
    ];
    const found = prose.flatMap((path) => {
      const content = text(path);
      return words.filter((word) => content.includes(word)).map((word) => `${path}: ${word}`);
    });
    expect(found).toEqual([]);
    for (const lock of ['package-lock.json', 'test/clients/package-lock.json']) {
      expect(text(lock)).not.toContain('"resolved"');
    }
  });
});

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
}

describe('what is written about the code', () => {
  const tables = {
    groups: SETTING_GROUPS,
    errors: ERRORS,
    metrics: METRICS,
    routes: ROUTES,
    actions: AUDIT_ACTIONS,
    prefix: PREFIX,
  };

  it.each(Object.entries(readmeSections(tables)))(
    "the README's table of %s is the code's (npm run docs)",
    (name, section) => {
      const readme = text('README.md');
      expect(withSections(readme, { [name]: section })).toBe(readme);
    },
  );

  it('the example files are the settings table (npm run docs)', () => {
    expect(text('config/neuralcache.example.yaml')).toBe(exampleYaml(SETTING_GROUPS));
    expect(text('config/example.env')).toBe(exampleEnv(SETTING_GROUPS, PREFIX));
  });

  it('the example files, taken at their word, give the defaults', () => {
    const defaults = loadSettings({ env: {}, cwd: '/srv', readFile: reading({}) }).settings;
    const uncommented = (path: string, line: RegExp) => text(path).replace(line, '$1');
    const yaml = uncommented('config/neuralcache.example.yaml', /^# ([a-z_]+:( \S.*)?)$/gm);
    const env = uncommented('config/example.env', /^# (NEURALCACHE_\w+=.*)$/gm);
    for (const read of [reading({ '/srv/neuralcache.yaml': yaml }), reading({ '/srv/.env': env })]) {
      const { settings, origins } = loadSettings({ env: {}, cwd: '/srv', readFile: read });
      expect(settings).toEqual(defaults);
      const set = Object.values(origins).filter(({ origin }) => origin !== 'default');
      expect(set.length).toBeGreaterThan(Object.keys(SETTINGS).length / 2);
    }
  });

  it('the README has the two commands and the version', () => {
    const manifest = JSON.parse(text('package.json'));
    const lines = text('README.md').split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['npm ci && npm start', 'npm ci && npm test', `### ${manifest.version}`]),
    );
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(['start', 'test']));
  });
});

function reading(contents: Record<string, string>) {
  return (path: string): string => {
    const content = contents[path];
    if (content === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return content;
  };
}
