import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CatalogReader } from '../stores/catalog-store.js';
import { auditRows } from './audit-rows.js';
import type { CommandContext } from './context.js';
import type { FolderAdmin } from './open-admin.js';
import { durableSettings } from './stored-state.js';
import { writeChunks, writeWholeFile } from './write-chunks.js';

/** `audit export FILE`: all entries as they are kept, with what their hashes are made of. */
export function registerAuditExport(audit: Command, context: CommandContext, folder: FolderAdmin): void {
  audit
    .command('export')
    .description('write the whole audit log as JSON lines, with all that its hashes are made of')
    .argument('<file>', '- writes to the output')
    .option('--json', 'print JSON')
    .action((file: string, { json = false }: { json?: boolean }) => exportAudit(context, folder, file, json));
}

async function exportAudit(
  context: CommandContext,
  folder: FolderAdmin,
  file: string,
  json: boolean,
): Promise<void> {
  const reader = folder.readCatalog(durableSettings(context));
  const counted = { entries: 0 };
  try {
    if (file === '-') {
      await writeChunks(context.stdout, lines(reader, counted));
      return;
    }
    const path = resolve(context.cwd, file);
    await writeWholeFile(path, lines(reader, counted));
    const report = `Exported ${counted.entries} entries to ${path}\n`;
    context.stdout.write(json ? `${JSON.stringify({ exported: counted.entries, file: path })}\n` : report);
  } finally {
    await reader.close();
  }
}

async function* lines(reader: CatalogReader, counted: { entries: number }): AsyncGenerator<string> {
  for await (const rows of auditRows(reader)) {
    counted.entries += rows.length;
    yield rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  }
}
