import { Command, CommanderError } from 'commander';
import { AppError, type ValidationIssue } from '../base/errors.js';
import { SettingsError } from '../base/settings/load-settings.js';
import type { CreateService } from '../evaluation/ranked-service.js';
import { DeclaredError } from '../management/declared-file.js';
import { ModelStoreError } from '../models/model-store-error.js';
import { StorageError } from '../stores/store.js';
import { TransferError } from '../transfer/transfer-error.js';
import { registerAudit } from './audit.js';
import { registerCache } from './cache.js';
import { registerConfig } from './config.js';
import { type CommandContext, CommandError } from './context.js';
import { registerEvaluate } from './evaluate.js';
import { registerModels } from './models.js';
import { registerNamespaces } from './namespaces.js';
import type { FolderAdmin } from './open-admin.js';
import type { OpenEncoder } from './open-encoder.js';
import { registerOpenapi } from './openapi.js';
import { registerRerank } from './rerank.js';
import { registerServe, type ServeProcess, type StartServices } from './serve.js';
import { registerSimulate } from './simulate.js';
import { registerStorage } from './storage.js';
import type { StoredState } from './stored-state.js';
import { registerWarm } from './warm.js';

/** What commands need of the rest of the program. */
export interface CommandParts {
  readonly version: string;
  readonly process: ServeProcess;
  readonly startServices: StartServices;
  readonly createService: CreateService;
  readonly storedState: StoredState;
  readonly folderAdmin: FolderAdmin;
  readonly openEncoder: OpenEncoder;
}

/**
 * Runs one command. Resolves with the exit code: 0 done, 1 it could not be done, 2 it was called wrongly. Failures are
 * told in plain lines on stderr, without a stack.
 *
 * @param argv the words after the program's name
 */
export async function runCommandLine(
  argv: readonly string[],
  context: CommandContext,
  parts: CommandParts,
): Promise<number> {
  const program = buildProgram(context, parts);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has told its own failures already; help and version are none.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    context.stderr.write(`${describe(error)}\n`);
    return error instanceof CommandError ? error.exitCode : 1;
  }
}

function buildProgram(context: CommandContext, parts: CommandParts): Command {
  const program = new Command('neuralcache')
    .description('A reranking cache proxy that learns per namespace from feedback.')
    .version(parts.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
    });
  registerServe(program, context, parts.startServices, parts.process);
  registerRerank(program, context, parts.createService);
  registerEvaluate(program, context, parts.createService);
  registerSimulate(program, context, parts.createService);
  registerConfig(program, context);
  registerOpenapi(program, context);
  registerNamespaces(program, context, parts.storedState, parts.folderAdmin);
  registerAudit(program, context, parts.folderAdmin);
  registerStorage(program, context, parts.storedState, parts.folderAdmin);
  registerModels(program, context, parts);
  registerCache(program, context, parts.storedState, parts.folderAdmin);
  registerWarm(program, context, parts.createService);
  return program;
}

/** What a person is told; failures nobody foresaw say so. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return `Unexpected failure: ${String(error)}`;
  if (error instanceof AppError && error.code === 'VALIDATION_ERROR') return brokenRules(error);
  const isForeseen = [
    CommandError,
    DeclaredError,
    SettingsError,
    StorageError,
    TransferError,
    ModelStoreError,
    AppError,
  ].some((kind) => error instanceof kind);
  if (isForeseen || typeof (error as NodeJS.ErrnoException).code === 'string') return error.message;
  return `Unexpected failure: ${error.message}`;
}

/** Every rule that is broken, a line each, where the message does not say it already. */
function brokenRules({ message, detail }: AppError): string {
  const issues = Array.isArray(detail) ? (detail as readonly ValidationIssue[]) : [];
  const lines = issues.map(({ loc, msg }) => (loc.length === 0 ? msg : `${loc.join('.')} ${msg}`));
  return issues.some(({ msg }) => message.includes(msg)) || lines.length === 0 ? message : lines.join('\n');
}
