import type { Command } from 'commander';
import type { AuditEntry, AuditQuery } from '../management/namespace-admin.js';
import { registerAuditExport } from './audit-export.js';
import { registerAuditVerify } from './audit-verify.js';
import type { CommandContext } from './context.js';
import { rowsFor, wholeNumber } from './measurement.js';
import { type FolderAdmin, lookingAt } from './open-admin.js';
import { oneLine } from './terminal.js';

interface ListOptions extends AuditQuery {
  readonly limit: number;
  readonly url?: string;
  readonly json?: boolean;
}

const VALUES_WIDTH = 60;

/** `audit list | verify | export`: who changed what and when. */
export function registerAudit(program: Command, context: CommandContext, folder: FolderAdmin): void {
  const audit = program
    .command('audit')
    .description('the log of all changes of namespaces: read, verify, export it');
  audit
    .command('list')
    .description('print entries of the audit log, oldest first')
    .option('--namespace <name>', 'about this namespace')
    .option('--actor <name>', 'by token:…, cli:…, file or system')
    .option('--action <name>', 'as in namespace.create')
    .option('--since <time>', 'from this time on, as in 2026-01-31T12:00:00Z')
    .option('--limit <number>', 'most entries of a page', wholeNumber(1, 1000), 100)
    .option('--cursor <cursor>', 'go on where the page before ended')
    .option('--url <url>', 'ask this server; its token is the first of NEURALCACHE_ADMIN_TOKENS')
    .option('--json', 'print JSON')
    .action((options: ListOptions) => list(context, folder, options));
  registerAuditVerify(audit, context, folder);
  registerAuditExport(audit, context, folder);
}

async function list(context: CommandContext, folder: FolderAdmin, options: ListOptions): Promise<void> {
  const { url, json, ...query } = options;
  const page = await lookingAt(context, folder, url, (admin) => admin.audit(query));
  if (json) {
    context.stdout.write(`${JSON.stringify(page)}\n`);
    return;
  }
  context.stdout.write(
    rowsFor(
      context.stdout,
      ['entry', 'at', 'by', 'what', 'namespace', 'before → after'],
      page.entries.map((entry) => rowOf(entry, context.stdout.isTTY === true ? VALUES_WIDTH : undefined)),
    ),
  );
  if (page.next_cursor !== null) context.stderr.write(`There are more: --cursor ${page.next_cursor}\n`);
}

function rowOf(
  { seq, at, actor, action, namespace, before, after, redacted }: AuditEntry,
  width?: number,
): string[] {
  const values = redacted ? '(gone with the namespace)' : `${text(before, width)} → ${text(after, width)}`;
  return [String(seq), at, oneLine(actor), oneLine(action), oneLine(namespace ?? '-'), values];
}

function text(value: unknown, width?: number): string {
  return value === null ? '-' : oneLine(JSON.stringify(value), width);
}
