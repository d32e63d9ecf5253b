import type { Command } from 'commander';
import type { ErasedNamespace, NamespaceView } from '../management/namespace-admin.js';
import { type CommandContext, CommandError } from './context.js';
import { wholeNumber } from './measurement.js';
import { sizeText } from './model-places.js';
import { type AdminTarget, changing, type FolderAdmin } from './open-admin.js';
import { confirm, oneLine } from './terminal.js';

interface DropOptions {
  readonly grace?: number;
  readonly now?: boolean;
  readonly force?: boolean;
  readonly url?: string;
  readonly json?: boolean;
}

/** Ten years. */
const MAX_GRACE_S = 315_360_000;

/** `namespaces drop NS`: everything of a namespace is erased, at once or after a grace. */
export function registerNamespacesDrop(
  namespaces: Command,
  context: CommandContext,
  folder: FolderAdmin,
): void {
  namespaces
    .command('drop')
    .description('erase a namespace and everything that was learned in it')
    .argument('<namespace>')
    .option(
      '--grace <seconds>',
      'refuse requests now, erase then; until then it can be restored',
      wholeNumber(0, MAX_GRACE_S),
    )
    .option('--now', 'erase at once, which is what happens without --grace')
    .option('--force', 'do not ask')
    .option('--url <url>', 'on this running server; its token is the first of NEURALCACHE_ADMIN_TOKENS')
    .option('--json', 'print JSON')
    .action((id: string, options: DropOptions) => drop(context, folder, id, options));
}

async function drop(
  context: CommandContext,
  folder: FolderAdmin,
  id: string,
  options: DropOptions,
): Promise<void> {
  const { grace, url, json } = options;
  if (grace !== undefined && options.now) throw new CommandError('give --grace or --now, not both', 2);
  const dropped = await changing(
    context,
    folder,
    { url, intent: `drop ${oneLine(id)}`, existing: id },
    async (target) => {
      const question = await questionOf(id, target, grace);
      if (!options.force && !(await confirm(context, question)))
        throw new CommandError('Nothing was dropped');
      const wish = grace === undefined ? { force: true } : { force: false, graceS: grace };
      return target.admin.remove(id, wish, target.call);
    },
  );
  const report = 'erased' in dropped ? erasedReport(dropped) : pendingReport(dropped);
  context.stdout.write(json ? `${JSON.stringify(report.json)}\n` : report.people);
}

/** Says what will go. Rejects for a name that is not there. */
async function questionOf(
  id: string,
  { admin, where }: AdminTarget,
  grace: number | undefined,
): Promise<string> {
  const [view, stats] = [await admin.get(id), await admin.stats(id)];
  const rows = stats.cells + stats.documents_known + stats.impressions;
  const below = view.children === 0 ? '' : `, ${view.children} namespaces below it`;
  const what = `${rows} rows, ${sizeText(stats.storage_bytes)}${below}`;
  const when = grace === undefined ? '' : ` in ${grace} s`;
  return `Drop namespace ${oneLine(id)}${where} and all that was learned in it${when} (${what})?`;
}

function erasedReport({ id, erased, verified, left }: ErasedNamespace) {
  const { rows, bytes, files } = erased;
  const filesLine = files.length > 0 ? `Removed files: ${files.join(', ')}\n` : '';
  const leftLine =
    left.length > 0 ? `Set aside as damaged, and may still hold some of it: ${left.join(', ')}\n` : '';
  return {
    json: { dropped: id, erased, verified, set_aside: left },
    people: `Dropped ${oneLine(id)}: ${rows} rows, ${sizeText(bytes)}; ${verified ? 'looked for afterwards, and nothing found' : 'something of it may be left'}\n${filesLine}${leftLine}`,
  };
}

function pendingReport(view: NamespaceView) {
  const { id, purge_at } = view;
  return {
    json: view,
    people: `${oneLine(id)} takes no more requests and is erased at ${purge_at}; until then namespaces restore takes it back\n`,
  };
}
