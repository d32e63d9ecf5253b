import type { Command } from 'commander';
import { ChainVerifier } from '../catalog/audit-chain.js';
import { auditRows } from './audit-rows.js';
import { type CommandContext, CommandError } from './context.js';
import type { FolderAdmin } from './open-admin.js';
import { durableSettings } from './stored-state.js';

/** `audit verify`: walks the whole chain, also while a server runs. */
export function registerAuditVerify(audit: Command, context: CommandContext, folder: FolderAdmin): void {
  audit
    .command('verify')
    .description(
      'check that no entry of the audit log was changed, left out or moved; also while a server runs',
    )
    .option('--json', 'print JSON')
    .action(({ json = false }: { json?: boolean }) => verify(context, folder, json));
}

async function verify(context: CommandContext, folder: FolderAdmin, json: boolean): Promise<void> {
  const reader = folder.readCatalog(durableSettings(context));
  const verifier = new ChainVerifier();
  try {
    for await (const rows of auditRows(reader)) verifier.add(rows);
  } finally {
    await reader.close();
  }
  const problem = verifier.problem();
  const last = verifier.last === undefined ? null : { seq: verifier.last.seq, hash: verifier.last.hash };
  if (json) {
    const report = { entries: verifier.verified, last, problem };
    context.stdout.write(`${JSON.stringify(report)}\n`);
  } else if (problem === null) {
    const end = last === null ? '' : `; the last is ${last.seq}, ${last.hash}`;
    context.stdout.write(`${verifier.verified} entries are as they were written${end}\n`);
  }
  if (problem !== null) throw new CommandError(`Entry ${problem.seq} of the audit log: ${problem.why}`);
}
