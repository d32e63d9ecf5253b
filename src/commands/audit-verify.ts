import type { Command } from 'commander';
import { ChainVerifier } from '../catalog/audit-chain.js';
import { AuditReplay, type RecordProblem } from '../catalog/audit-replay.js';
import { auditRows } from './audit-rows.js';
import { type CommandContext, CommandError } from './context.js';
import type { FolderAdmin } from './open-admin.js';
import { durableSettings } from './stored-state.js';
import { oneLine } from './terminal.js';

interface VerifyOptions {
  readonly expect?: string;
  readonly json?: boolean;
}

const HASH = /^[0-9a-f]{64}$/;
/** Records that are named; of more their number is said. */
const MAX_NAMED = 20;

/** `audit verify`: walks the whole chain and compares records with it, also while a server runs. */
export function registerAuditVerify(audit: Command, context: CommandContext, folder: FolderAdmin): void {
  audit
    .command('verify')
    .description(
      'check that no entry of the audit log was changed, left out or moved, and that records are what it says; also while a server runs',
    )
    .option(
      '--expect <hash>',
      'of an entry that must be there, from a log line: shows whether the end was cut off',
    )
    .option('--json', 'print JSON')
    .action((options: VerifyOptions) => verify(context, folder, options));
}

async function verify(
  context: CommandContext,
  folder: FolderAdmin,
  { expect, json = false }: VerifyOptions,
): Promise<void> {
  if (expect !== undefined && !HASH.test(expect))
    throw new CommandError('--expect takes the hash of an entry: 64 characters of 0-9 and a-f', 2);
  const reader = folder.readCatalog(durableSettings(context));
  const verifier = new ChainVerifier();
  const replay = new AuditReplay();
  let isMet = expect === undefined;
  let records: RecordProblem[];
  try {
    const { rows: kept, lastAudit } = await reader.load();
    for await (const rows of auditRows(reader)) {
      verifier.add(rows);
      isMet ||= rows.some(({ hash }) => hash === expect);
      // What a server has added meanwhile is not in the records that were read.
      if (verifier.intact) replay.add(rows.filter(({ seq }) => seq <= (lastAudit?.seq ?? 0)));
    }
    records = verifier.intact ? replay.problems(kept) : [];
  } finally {
    await reader.close();
  }
  const problem = verifier.problem();
  const last = verifier.last === undefined ? null : { seq: verifier.last.seq, hash: verifier.last.hash };
  const problems = [
    ...(problem === null ? [] : [`Entry ${problem.seq} of the audit log: ${problem.why}`]),
    ...(isMet
      ? []
      : [`No entry has the hash ${expect}: the end of the log was cut off, or it is another log`]),
    ...records.slice(0, MAX_NAMED).map(({ namespace, why }) => `Namespace ${oneLine(namespace)}: ${why}`),
    ...(records.length > MAX_NAMED ? [`${records.length - MAX_NAMED} more namespaces differ`] : []),
  ];
  if (json) {
    const expected = expect === undefined ? {} : { expected: isMet };
    const report = { entries: verifier.verified, last, problem, records, ...expected };
    context.stdout.write(`${JSON.stringify(report)}\n`);
  } else if (problem === null) {
    const end = last === null ? '' : `; the last is ${last.seq}, ${last.hash}`;
    context.stdout.write(`${verifier.verified} entries are as they were written${end}\n`);
  }
  if (problems.length > 0) throw new CommandError(problems.join('\n'));
}
