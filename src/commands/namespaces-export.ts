import { resolve } from 'node:path';
import type { Command } from 'commander';
import { assertWhole } from '../transfer/check-state.js';
import { exportStream } from '../transfer/export-stream.js';
import type { CommandContext } from './context.js';
import { assertStored, durableSettings, reading, type StoredState } from './stored-state.js';
import { oneLine } from './terminal.js';
import { writeChunks, writeWholeFile } from './write-chunks.js';

/** `namespaces export NS`: all that is stored of a namespace, also while a server runs. */
export function registerNamespacesExport(
  namespaces: Command,
  context: CommandContext,
  state: StoredState,
): void {
  namespaces
    .command('export')
    .description('write all that is stored of a namespace as JSON lines with a checksum')
    .argument('<namespace>')
    .option('--out <file>', 'write to a file instead of the output')
    .option('--json', 'with --out: print JSON')
    .action((name: string, options: { out?: string; json?: boolean }) =>
      exportNamespace(context, state, name, options),
    );
}

async function exportNamespace(
  context: CommandContext,
  state: StoredState,
  name: string,
  { out, json }: { out?: string; json?: boolean },
): Promise<void> {
  await reading(context, state, async (reader) => {
    await assertStored(reader, name);
    assertWhole(state.openUpkeep(durableSettings(context)), name);
    const chunks = exportStream(reader, name);
    if (out === undefined) return writeChunks(context.stdout, chunks);
    const file = resolve(context.cwd, out);
    await writeWholeFile(file, chunks);
    const report = `Exported ${oneLine(name)} to ${file}\n`;
    context.stdout.write(json ? `${JSON.stringify({ exported: name, file })}\n` : report);
  });
}
