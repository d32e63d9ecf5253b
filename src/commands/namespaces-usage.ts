import type { Command } from 'commander';
import type { NamespaceStats, QuotaUseView } from '../management/namespace-admin.js';
import type { CommandContext } from './context.js';
import { rowsFor } from './measurement.js';
import { shown } from './namespaces-get.js';
import { type FolderAdmin, lookingAt } from './open-admin.js';
import { oneLine } from './terminal.js';

interface Options {
  readonly url?: string;
  readonly json?: boolean;
}

type Print = (stats: NamespaceStats, json: boolean, stdout: CommandContext['stdout']) => string;

/** `namespaces stats | usage NS`: what a namespace holds and was asked, and how near its quotas it is. */
export function registerNamespacesUsage(
  namespaces: Command,
  context: CommandContext,
  folder: FolderAdmin,
): void {
  const make = (name: string, what: string, print: Print) =>
    namespaces
      .command(name)
      .description(what)
      .argument('<namespace>')
      .option('--url <url>', 'ask this server; its token is the first of NEURALCACHE_ADMIN_TOKENS')
      .option('--json', 'print JSON')
      .action(async (id: string, { url, json = false }: Options) => {
        const stats = await lookingAt(context, folder, url, (admin) => admin.stats(id));
        context.stdout.write(print(stats, json, context.stdout));
      });
  make('stats', 'print what a namespace holds and what was asked of it', statsText);
  make('usage', 'print its quotas, what is used of each, and the share; rates only with --url', usageText);
}

function statsText(stats: NamespaceStats, json: boolean, stdout: CommandContext['stdout']): string {
  // By the names they had before namespaces were managed, too.
  const known = { namespace: stats.namespace_id, request_total: stats.total_queries };
  if (json) return `${JSON.stringify({ ...known, ...stats })}\n`;
  const { quota_use: _, ...fields } = stats;
  return rowsFor(
    stdout,
    ['what', 'value'],
    Object.entries(fields).map(([name, value]) => [name, oneLine(shown(value))]),
  );
}

function usageText(
  { namespace_id, quota_utilization, warnings, quota_use }: NamespaceStats,
  json: boolean,
  stdout: CommandContext['stdout'],
): string {
  if (json) return `${JSON.stringify({ namespace_id, quota_utilization, warnings, quota_use })}\n`;
  if (quota_use.length === 0 && stdout.isTTY === true)
    return `${oneLine(namespace_id)} has no quotas that count anything here\n`;
  return rowsFor(stdout, ['quota', 'pool of', 'limit', 'used', 'share'], quota_use.map(rowOf));
}

function rowOf({ quota, of, limit, used, share }: QuotaUseView): string[] {
  const amount = Number.isInteger(used) ? String(used) : used.toFixed(1);
  return [quota, oneLine(of), String(limit), amount, `${Math.floor(share * 100)} %`];
}
