import { z } from 'zod';
import { AppError, type ValidationIssue } from '../base/errors.js';
import { closestName } from '../base/settings/other-names.js';
import { defaultsSchema, entrySchema, FILE_NAMES, mergedSpec } from './declared-entry.js';
import { LocatedYaml, type YamlPath } from './located-yaml.js';
import type { Declared, NamespaceSpec } from './namespace-admin.js';
import { specIssues } from './record-fields.js';

/** A declared file is never longer, in bytes of UTF-8. */
export const MAX_DECLARED_BYTES = 1_048_576;

/** All that is wrong with a declared file; `message` has a line each: `file:line: key: what`. */
export class DeclaredError extends Error {
  override readonly name = 'DeclaredError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** A declared file that was read. */
export interface DeclaredFile {
  readonly declared: Declared;
  /**
   * A failure of applying it in words of the file: what a 422 says about a place of `declared`, with its line. Any other
   * failure is returned as it is.
   */
  explain(failure: unknown): unknown;
}

const fileSchema = z.object({
  defaults: z.unknown().optional(),
  namespaces: z.array(z.unknown()).nullish(),
});

/**
 * Reads the text of a declared file, strictly.
 *
 * @param label how messages call the file
 * @throws DeclaredError with all that is wrong
 */
export function readDeclared(text: string, label: string): DeclaredFile {
  if (Buffer.byteLength(text) > MAX_DECLARED_BYTES)
    throw new DeclaredError([`${label}: longer than ${MAX_DECLARED_BYTES} bytes`]);
  const yaml = new LocatedYaml(text.replace(/^\uFEFF/, ''));
  const report = new Report(yaml, label);
  if (yaml.problems.length > 0) {
    for (const { line, path, message } of yaml.problems) report.at(line, keyOf(path), message);
    throw report.error();
  }
  const file = report.read(fileSchema, yaml.value ?? {}, []);
  const defaults = report.read(defaultsSchema, file?.defaults ?? {}, ['defaults']) ?? {};
  const entries = (file?.namespaces ?? []).map((value, index) =>
    report.read(entrySchema, value, ['namespaces', index]),
  );
  const specs = entries.map((entry) => entry && mergedSpec(defaults, entry));
  reportRepeated(specs, report);
  // Also where no namespace takes them.
  report.spec(mergedSpec(defaults, { namespace: '' }), ['defaults']);
  for (const [index, spec] of specs.entries()) if (spec) report.spec(spec, ['namespaces', index]);
  if (!report.isEmpty) throw report.error();
  const namespaces = specs.filter((spec) => spec !== undefined);
  return { declared: { namespaces }, explain: (failure) => explained(failure, yaml, label) };
}

function reportRepeated(specs: readonly (NamespaceSpec | undefined)[], report: Report): void {
  const first = new Map<string, number>();
  for (const [index, spec] of specs.entries()) {
    if (spec === undefined) continue;
    const before = first.get(spec.id);
    if (before === undefined) first.set(spec.id, index);
    else report.issue(['namespaces', index, 'id'], `is named twice, also by namespaces[${before}]`);
  }
}

function explained(failure: unknown, yaml: LocatedYaml, label: string): unknown {
  if (!(failure instanceof AppError) || !Array.isArray(failure.detail)) return failure;
  const issues = failure.detail as readonly Partial<ValidationIssue>[];
  if (issues.length === 0 || issues.some(({ loc }) => loc?.[0] !== 'namespaces')) return failure;
  const report = new Report(yaml, label);
  for (const { loc = [], msg = failure.message } of issues) report.issue(loc, msg);
  return report.error();
}

/** Gathers what is wrong, each once, and tells it in the order of the file. */
class Report {
  private readonly found = new Map<string, number>();

  constructor(
    private readonly yaml: LocatedYaml,
    private readonly label: string,
  ) {}

  get isEmpty(): boolean {
    return this.found.size === 0;
  }

  at(line: number, key: string, message: string): void {
    this.found.set(`${this.label}:${line}: ${key === '' ? '' : `${key}: `}${message}`, line);
  }

  /** About a place of `Declared`: what an entry does not say itself, its defaults say. */
  issue(loc: YamlPath, message: string): void {
    const at = loc[0] === 'defaults' ? 1 : 2;
    const own = loc.map((step, depth) => (depth === at ? (FILE_NAMES[step] ?? step) : step));
    const inherited = ['defaults', ...own.slice(2)];
    const isInherited = own.length > 2 && at === 2 && !this.has(own) && this.yaml.has(inherited);
    const path = isInherited ? inherited : own;
    this.at(this.yaml.lineOf(path), keyOf(path), message);
  }

  /** What is wrong with the values of a namespace. */
  spec(spec: NamespaceSpec, place: YamlPath): void {
    for (const { loc, msg } of specIssues(spec)) this.issue([...place, ...loc], msg);
  }

  /** A part of the file as its schema has it, without what that does not know; undefined where it is not so at all. */
  read<Shape extends z.ZodRawShape>(
    schema: z.ZodObject<Shape>,
    value: unknown,
    place: YamlPath,
  ): z.infer<typeof schema> | undefined {
    this.unknownKeys(Object.keys(schema.shape), value, place);
    const { success, data, error } = schema.safeParse(value);
    if (success) return data;
    for (const issue of error.issues) {
      const path = [...place, ...(issue.path as YamlPath)];
      this.at(this.yaml.lineOf(path), keyOf(path), this.yaml.has(path) ? describe(issue) : 'is missing');
    }
    return undefined;
  }

  private unknownKeys(known: readonly string[], value: unknown, place: YamlPath): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      const meant = closestName(key, known);
      const path = [...place, key];
      this.at(this.yaml.lineOf(path), keyOf(path), `unknown key${meant ? `; did you mean ${meant}?` : ''}`);
    }
  }

  error(): DeclaredError {
    const byLine = [...this.found].sort(([, a], [, b]) => a - b);
    return new DeclaredError(byLine.map(([problem]) => problem));
  }

  /** Whether an entry says something about a field, perhaps less deep than the issue goes. */
  private has(own: YamlPath): boolean {
    return this.yaml.has(own) || (own.length > 4 && this.yaml.has(own.slice(0, 4)));
  }
}

/** `namespaces[3].quotas.max_vectors`. */
function keyOf(path: YamlPath): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`))
    .join('');
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') {
    const expected = { record: 'a mapping', object: 'a mapping', array: 'a list', string: 'a text' };
    return `expected ${expected[issue.expected as keyof typeof expected] ?? issue.expected}`;
  }
  if (issue.code === 'invalid_value') return `expected one of ${issue.values.join(', ')}`;
  return issue.message;
}
