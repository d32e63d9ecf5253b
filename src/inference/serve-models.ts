import type { LoadedModel, ModelSpec } from './loaded-model.js';
import type { Answer, FromWorker, ToWorker } from './protocol.js';

/** A worker process as its code sees it; `process` is one. */
export interface WorkerChannel {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  on(event: NodeJS.Signals, listener: () => void): unknown;
  send?(
    message: FromWorker,
    handle: undefined,
    options: undefined,
    done: (error: Error | null) => void,
  ): unknown;
  exit(code: number): unknown;
  memoryUsage: { rss(): number };
}

/**
 * The whole work of a worker process: does what it is told, in order, one thing at a time, and ends when its parent says so
 * or is gone, never within a run. Signals that a terminal sends to all processes of a group are for the parent to
 * decide on.
 */
export function serveModels(channel: WorkerChannel, load: (spec: ModelSpec) => Promise<LoadedModel>): void {
  const models = new Map<string, LoadedModel>();
  let last: Promise<void> = Promise.resolve();
  const send = (answer: Answer) => {
    const message = { ...answer, bytes: channel.memoryUsage.rss() };
    // A parent that is gone says so by `disconnect`.
    channel.send?.(message, undefined, undefined, () => undefined);
  };
  channel.on('message', (message) => {
    last = last.then(async () => {
      const task = message as ToWorker;
      if (task.type === 'stop') await closeAll(models, channel);
      else send(await carryOut(task, models, load));
    });
  });
  channel.on('disconnect', () => channel.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) channel.on(signal, () => undefined);
}

async function carryOut(
  task: Exclude<ToWorker, { type: 'stop' }>,
  models: Map<string, LoadedModel>,
  load: (spec: ModelSpec) => Promise<LoadedModel>,
): Promise<Answer> {
  switch (task.type) {
    case 'ping':
      return { type: 'alive' };
    case 'load':
      try {
        const model = await load(task.spec);
        await models.get(task.spec.id)?.close();
        models.set(task.spec.id, model);
        return { type: 'loaded', facts: model.facts };
      } catch (error) {
        return { type: 'unloadable', message: (error as Error).message };
      }
    case 'run':
      try {
        return { type: 'done', results: await models.get(task.model)!.run(task.inputs) };
      } catch (error) {
        return { type: 'threw', error: error instanceof Error ? error.name : typeof error };
      }
  }
}

async function closeAll(models: ReadonlyMap<string, LoadedModel>, channel: WorkerChannel): Promise<void> {
  try {
    for (const model of models.values()) await model.close();
  } finally {
    channel.exit(0);
  }
}
