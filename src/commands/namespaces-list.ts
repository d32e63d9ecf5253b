import type { Command } from 'commander';
import { STATUSES, type Status } from '../catalog/status.js';
import type { ListQuery, NamespaceAdmin, NamespaceView } from '../management/namespace-admin.js';
import { type CommandContext, CommandError } from './context.js';
import { table, wholeNumber } from './measurement.js';
import { type FolderAdmin, lookingAt } from './open-admin.js';
import { oneLine } from './terminal.js';
import { writeChunks } from './write-chunks.js';

interface ListOptions {
  readonly prefix?: string;
  readonly parent?: string;
  readonly tenant?: string;
  readonly status?: string;
  readonly tag?: string;
  readonly limit: number;
  readonly all?: boolean;
  readonly url?: string;
  readonly json?: boolean;
}

/** Asked for at once. */
const PAGE = 1000;

/** `namespaces list`: those that are registered, and those that are merely in use. */
export function registerNamespacesList(
  namespaces: Command,
  context: CommandContext,
  folder: FolderAdmin,
): void {
  namespaces
    .command('list')
    .description('print all namespaces: a table on a terminal, else a name a line')
    .option('--prefix <text>', 'those whose names begin with it')
    .option('--parent <namespace>', 'those directly below it')
    .option('--tenant <name>', 'those of a tenant')
    .option('--status <status>', STATUSES.join(', '))
    .option('--tag <tag>', 'those that have it')
    .option('--limit <number>', 'most that are printed', wholeNumber(1, 1_000_000), PAGE)
    .option('--all', 'print all, however many there are')
    .option('--url <url>', 'ask this server; its token is the first of NEURALCACHE_ADMIN_TOKENS')
    .option('--json', 'print JSON')
    .action((options: ListOptions) => list(context, folder, options));
}

async function list(context: CommandContext, folder: FolderAdmin, options: ListOptions): Promise<void> {
  const { prefix, parent, tenant, status, tag, url, json } = options;
  if (status !== undefined && !(STATUSES as readonly string[]).includes(status))
    throw new CommandError(`--status ${oneLine(status, 80)}: expected one of ${STATUSES.join(', ')}`, 2);
  const given = { prefix, parent, tenant, status: status as Status | undefined, tag };
  const most = options.all ? Number.POSITIVE_INFINITY : options.limit;
  const hasMore = await lookingAt(context, folder, url, async (admin) => {
    const found = new Found(admin, given, most);
    if (json) await writeChunks(context.stdout, asJson(found));
    else if (context.stdout.isTTY) context.stdout.write(await asTable(found));
    else await writeChunks(context.stdout, asLines(found));
    return found.hasMore;
  });
  if (hasMore) context.stderr.write(`There are more than ${most}; --all prints them\n`);
}

/** Pages, one after the other. */
class Found {
  /** Known at the end. */
  hasMore = false;

  constructor(
    private readonly admin: NamespaceAdmin,
    private readonly query: { readonly [Field in keyof ListQuery]: ListQuery[Field] | undefined },
    private readonly most: number,
  ) {}

  async *pages(): AsyncGenerator<readonly NamespaceView[]> {
    const query = Object.entries(this.query).filter(([, value]) => value !== undefined);
    let cursor: string | null = null;
    for (let left = this.most; left > 0; ) {
      const page: Awaited<ReturnType<NamespaceAdmin['list']>> = await this.admin.list({
        ...Object.fromEntries(query),
        limit: Math.min(PAGE, left),
        ...(cursor !== null && { cursor }),
      });
      yield page.namespaces;
      left -= page.namespaces.length;
      cursor = page.next_cursor;
      if (cursor === null) return;
    }
    this.hasMore = true;
  }
}

async function* asLines(found: Found): AsyncGenerator<string> {
  for await (const page of found.pages()) yield page.map(({ id }) => `${oneLine(id)}\n`).join('');
}

async function* asJson(found: Found): AsyncGenerator<string> {
  yield '{"namespaces":[';
  let separator = '';
  for await (const page of found.pages()) {
    if (page.length > 0) yield separator + page.map((view) => JSON.stringify(view)).join(',');
    if (page.length > 0) separator = ',';
  }
  yield `],"has_more":${found.hasMore}}\n`;
}

async function asTable(found: Found): Promise<string> {
  const rows: string[][] = [];
  for await (const page of found.pages()) rows.push(...page.map(rowOf));
  return table(['namespace', 'status', 'tier', 'tenant', 'below it', 'last used'], rows);
}

function rowOf({
  id,
  status,
  effective,
  tenant_id,
  children,
  registered,
  last_used_at,
}: NamespaceView): string[] {
  return [
    oneLine(id),
    registered ? status : `${status} (not registered)`,
    effective.tier.value,
    oneLine(tenant_id, 40),
    String(children),
    last_used_at ?? '-',
  ];
}
