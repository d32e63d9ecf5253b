import type { Command } from 'commander';
import type { Status } from '../catalog/status.js';
import type { NamespaceView } from '../management/namespace-admin.js';
import { type CommandContext, CommandError } from './context.js';
import {
  collected,
  type NamespaceOptions,
  patchOf,
  specOf,
  withNamespaceOptions,
} from './namespace-options.js';
import { described } from './namespaces-get.js';
import { type AdminTarget, changing, type FolderAdmin, type Intent } from './open-admin.js';
import { oneLine } from './terminal.js';

interface Common {
  readonly url?: string;
  readonly json?: boolean;
}

const SETTABLE = ['active', 'read_only', 'suspended'];
const SERVER =
  'a running server; its token is the first of NEURALCACHE_ADMIN_TOKENS. Without it: the folder, or the server of these settings if it owns that';

/** `namespaces create | set | status | restore`: each prints what the namespace is afterwards. */
export function registerNamespacesChange(
  namespaces: Command,
  context: CommandContext,
  folder: FolderAdmin,
): void {
  const make = (name: string, what: string) =>
    namespaces
      .command(name)
      .description(what)
      .argument('<namespace>')
      .option('--url <url>', SERVER)
      .option('--json', 'print JSON');
  withNamespaceOptions(make('create', 'register a namespace, new or in use already'))
    .option('--provisioning', 'nobody may use it until its status is active')
    .action((id: string, options: NamespaceOptions & Common & { provisioning?: boolean }) =>
      change(context, folder, { intent: `create ${oneLine(id)}` }, options, async ({ admin, call }) => {
        const status = options.provisioning ? ({ status: 'provisioning' } as const) : {};
        return (await admin.create({ ...specOf(id, options), ...status }, call)).namespace;
      }),
    );
  withNamespaceOptions(make('set', 'change what is given of a namespace; the rest stays'))
    .option(
      '--unset <field>',
      'take away, as in owner, quotas.max_vectors, policies.scorer, tags.eu; repeatable',
      collected,
    )
    .action((id: string, options: NamespaceOptions & Common) =>
      change(
        context,
        folder,
        { intent: `change ${oneLine(id)}`, existing: id },
        options,
        async ({ admin, call }) => {
          const view = await admin.get(id);
          // What is given comes to what it has now, so that must not have changed meanwhile.
          return admin.update(id, patchOf(view, options), { ...call, ifMatch: `"${view.revision}"` });
        },
      ),
    );
  make('status', `make a namespace ${SETTABLE.join(', ')}`)
    .argument('<status>', SETTABLE.join(', '))
    .action((id: string, status: string, options: Common) => {
      if (!SETTABLE.includes(status))
        throw new CommandError(`${oneLine(status, 80)}: expected one of ${SETTABLE.join(', ')}`, 2);
      return change(
        context,
        folder,
        { intent: `change ${oneLine(id)}`, existing: id },
        options,
        ({ admin, call }) => admin.setStatus(id, status as Status, call),
      );
    });
  make('restore', 'take a deletion back, within its grace').action((id: string, options: Common) =>
    change(context, folder, { intent: `restore ${oneLine(id)}`, existing: id }, options, ({ admin, call }) =>
      admin.restore(id, call),
    ),
  );
}

async function change(
  context: CommandContext,
  folder: FolderAdmin,
  wish: Omit<Intent, 'url'>,
  { url, json }: Common,
  work: (target: AdminTarget) => Promise<NamespaceView>,
): Promise<void> {
  const view = await changing(context, folder, { url, ...wish }, work);
  context.stdout.write(json ? `${JSON.stringify(view)}\n` : described(view, context.stdout));
}
