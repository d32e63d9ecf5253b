import type { Command } from 'commander';
import type { NamespaceView } from '../management/namespace-admin.js';
import type { CommandContext } from './context.js';
import { rowsFor } from './measurement.js';
import { type FolderAdmin, lookingAt } from './open-admin.js';
import { oneLine } from './terminal.js';

const WIDTH = 80;

/** `namespaces get NS`: what holds for a namespace, and where each value comes from. */
export function registerNamespacesGet(
  namespaces: Command,
  context: CommandContext,
  folder: FolderAdmin,
): void {
  namespaces
    .command('get')
    .description('print what holds for a namespace, and where each value comes from')
    .argument('<namespace>')
    .option('--url <url>', 'ask this server; its token is the first of NEURALCACHE_ADMIN_TOKENS')
    .option('--json', 'print JSON')
    .action(async (id: string, { url, json }: { url?: string; json?: boolean }) => {
      const view = await lookingAt(context, folder, url, (admin) => admin.get(id));
      context.stdout.write(json ? `${JSON.stringify(view)}\n` : described(view, context.stdout));
    });
}

/** Fields, values and origins, for where they are printed. */
export function described(view: NamespaceView, stdout: CommandContext['stdout']): string {
  const { effective } = view;
  const own = (field: keyof NamespaceView) => [field, shown(view[field]), ''];
  const rows = [
    own('id'),
    own('name'),
    own('tenant_id'),
    own('parent_id'),
    own('path'),
    ['status', view.status, originOf(effective.status.from, view)],
    ['tier', effective.tier.value, originOf(effective.tier.from, view)],
    own('owner'),
    own('tags'),
    ...Object.entries(view.metadata).map(([name, value]) => [`metadata.${name}`, shown(value), '']),
    ...Object.entries(effective.quotas).map(([name, { from, ...quota }]) => [
      name,
      quotaText(quota),
      originOf(from, view),
    ]),
    ...Object.entries(effective.policies).map(([name, { value, from }]) => [
      name,
      shown(value),
      originOf(from, view),
    ]),
    ...(['capacity', 'access', 'backend_config'] as const).filter((field) => view[field] !== null).map(own),
    own('backend'),
    own('shard_id'),
    own('children'),
    own('created_at'),
    own('updated_at'),
    own('last_used_at'),
    ...(view.purge_at === null ? [] : [own('purge_at')]),
    ['registered', view.registered ? `yes, revision ${view.revision}` : 'no: merely in use', ''],
  ];
  const width = stdout.isTTY === true ? WIDTH : undefined;
  return rowsFor(
    stdout,
    ['what', 'value', 'from'],
    rows.map((row) => row.map((cell) => oneLine(cell, width))),
  );
}

function originOf(from: string, { id }: NamespaceView): string {
  return from === id ? 'its own' : from;
}

/** The limit, and what differs from how limits usually are. */
function quotaText({
  limit,
  warning_threshold,
  action,
  ...more
}: {
  limit: number | null;
  warning_threshold: number;
  action: string;
}): string {
  const said = {
    ...(action !== 'reject' && { action }),
    ...(warning_threshold !== 0.8 && { warning_threshold }),
    ...more,
  };
  return Object.keys(said).length === 0 ? String(limit) : `${limit} ${JSON.stringify(said)}`;
}

/** A value for people; a dash for none. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(', ') || '-';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
