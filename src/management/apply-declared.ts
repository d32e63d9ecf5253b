import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { AppError, type ValidationIssue, validationError } from '../base/errors.js';
import { newNameProblem } from '../base/name-labels.js';
import type { CatalogView } from '../catalog/catalog-view.js';
import { culpritOf } from '../catalog/culprit.js';
import type { NamespaceRecord } from '../catalog/record.js';
import { checkNotBelowUse, needsMeasure } from './below-use.js';
import { measureFamily } from './family-use.js';
import type { ManagementOptions } from './management-options.js';
import type { NamesInUse } from './names-in-use.js';
import type { AdminCall, ApplyOptions, Declared, Plan } from './namespace-admin.js';
import type { Numbers } from './namespace-numbers.js';
import { type PlannedEdit, planOf } from './plan.js';

export type ApplyParts = Pick<
  ManagementOptions,
  'catalog' | 'clock' | 'graceS' | 'names' | 'residents' | 'store'
> & {
  readonly inUse: NamesInUse;
  readonly numbers: Numbers;
};

/** More is not listed. */
const MAX_ISSUES = 50;
/** Records that are looked at to find them; one costs some 30 µs of the thread that answers requests. */
const MAX_CHECKED = 50_000;

/**
 * Makes the catalog what is declared, all of it in one change or nothing; see `planOf`. With `dryRun` only checks, as
 * strictly. Done twice, the second time changes nothing.
 *
 * Rejects with `AppError` whose `detail` lists what is wrong by where it is in `declared`, the first 50 or, of more
 * than 1000 namespaces, fewer (422, or what the
 * only kind of fault is: 409 or 429), 503 where the disk does not take it.
 */
export async function applyDeclared(
  declared: Declared,
  { dryRun, prune }: ApplyOptions,
  { actor, requestId }: Pick<AdminCall, 'actor' | 'requestId'>,
  parts: ApplyParts,
): Promise<Plan> {
  const { catalog, clock, graceS, names, store } = parts;
  const inUse = prune ? await parts.inUse.allNow() : [];
  const planNow = (view: CatalogView): PlannedEdit =>
    planOf(declared, view, {
      prune,
      graceMs: 1000 * graceS,
      backend: store.name,
      defaultName: names.defaultName,
      inUse,
      now: Math.floor(clock.now()),
    });
  const change = (left: ReadonlySet<string>, isTrial: boolean): Promise<Plan> =>
    catalog.change({ actor, requestId }, (view) => {
      const { plan, put, audit } = planNow(view);
      const wanted = put.filter(({ id }) => !left.has(id));
      return { put: wanted, audit, isTrial, result: { ...plan, applied: !isTrial } };
    });
  const known = await knownProblems(planNow(catalog), parts);
  if (known.size > 0) throw placed(declared, known);
  try {
    return await change(new Set(), dryRun);
  } catch (error) {
    const first = placeOf(error, declared, catalog);
    if (first === undefined) throw error;
    throw placed(declared, await allProblems(declared, catalog, [first, error as AppError], change));
  }
}

type Problems = Map<string, AppError>;

/** Tries again without those that are wrong, to find all. */
async function allProblems(
  declared: Declared,
  catalog: CatalogView,
  [first, failure]: readonly [string, AppError],
  change: (left: ReadonlySet<string>, isTrial: boolean) => Promise<Plan>,
): Promise<Problems> {
  const problems: Problems = new Map([[first, failure]]);
  const left = new Set([first]);
  const tries = Math.min(MAX_ISSUES, Math.floor(MAX_CHECKED / declared.namespaces.length));
  while (problems.size < tries) {
    // Requests come in between.
    await setImmediate();
    for (const { id, parent_id } of declared.namespaces)
      if (isBelow(id, left) || (parent_id !== undefined && left.has(parent_id))) left.add(id);
    try {
      await change(left, true);
      break;
    } catch (error) {
      const place = placeOf(error, declared, catalog);
      if (place === undefined || left.has(place)) break;
      problems.set(place, error as AppError);
      left.add(place);
    }
  }
  return problems;
}

function isBelow(id: string, others: ReadonlySet<string>): boolean {
  for (let end = id.lastIndexOf('.'); end > 0; end = id.lastIndexOf('.', end - 1))
    if (others.has(id.slice(0, end))) return true;
  return false;
}

/** What the catalog does not look at: names that nobody used before, and what is in use already. */
async function knownProblems({ put }: PlannedEdit, parts: ApplyParts): Promise<Problems> {
  const { catalog, inUse } = parts;
  const problems: Problems = new Map();
  for (const record of put) {
    const before = catalog.record(record.id);
    try {
      if (before === undefined) await checkName(record.id, inUse);
      if (boundsAnew(before, record))
        checkNotBelowUse(before, record, await measureFamily(record.id, catalog, parts));
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'UNAVAILABLE') throw error;
      problems.set(record.id, error);
    }
  }
  return problems;
}

/** A name that is not allowed for new ones may be registered if it is in use. */
async function checkName(id: string, inUse: NamesInUse): Promise<void> {
  const problem = newNameProblem(id);
  if (problem === undefined || (await inUse.has(id))) return;
  throw validationError([{ loc: ['id'], msg: problem, type: 'value_error' }]);
}

function boundsAnew(before: NamespaceRecord | undefined, { tier, quotas }: NamespaceRecord): boolean {
  const isSame = before !== undefined && before.tier === tier && isDeepStrictEqual(before.quotas, quotas);
  return !isSame && needsMeasure({ tier, quotas });
}

/** Which declared namespace a failure is about: its own record, or the first below a family that is full. */
function placeOf(error: unknown, { namespaces }: Declared, catalog: CatalogView): string | undefined {
  const culprit = culpritOf(error);
  if (culprit === undefined || !(error instanceof AppError)) return undefined;
  if (namespaces.some(({ id }) => id === culprit)) return culprit;
  const isNew = (id: string) => catalog.record(id) === undefined;
  return namespaces.find(
    ({ id, parent_id }) => isNew(id) && (isBelow(id, new Set([culprit])) || parent_id === culprit),
  )?.id;
}

/** One failure of all problems, each by where its namespace stands. */
function placed({ namespaces }: Declared, problems: Problems): AppError {
  const issues = namespaces.flatMap(({ id }, index): ValidationIssue[] => {
    const problem = problems.get(id);
    if (problem === undefined) return [];
    const place = ['namespaces', index];
    if (problem.code === 'VALIDATION_ERROR' && Array.isArray(problem.detail))
      return (problem.detail as ValidationIssue[]).map((issue) => ({
        ...issue,
        loc: [...place, ...issue.loc],
      }));
    return [{ loc: place, msg: problem.message, type: problem.code.toLowerCase() }];
  });
  const all = [...problems.values()];
  const code = all.every((problem) => problem.code === all[0]!.code) ? all[0]!.code : 'VALIDATION_ERROR';
  const message =
    all.length === 1
      ? all[0]!.message
      : `${issues.length} declared namespaces cannot be as they are declared`;
  return new AppError(code, message, issues);
}
