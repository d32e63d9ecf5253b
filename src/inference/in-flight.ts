import type { ModelInput } from './loaded-model.js';
import type { Task } from './task.js';

/**
 * Inputs that wait or run, so that the same one is computed once. Each namespace has its own: that an input is quick
 * because another namespace asked for it must not be seen.
 */
export class InFlight {
  private readonly tasks = new Map<string, Map<string, Map<string, Task>>>();

  find(namespace: string, model: string, input: ModelInput): Task | undefined {
    return this.tasks.get(namespace)?.get(model)?.get(keyOf(input));
  }

  add(task: Task): void {
    let models = this.tasks.get(task.namespace);
    if (models === undefined) {
      models = new Map();
      this.tasks.set(task.namespace, models);
    }
    let inputs = models.get(task.model);
    if (inputs === undefined) {
      inputs = new Map();
      models.set(task.model, inputs);
    }
    inputs.set(keyOf(task.input), task);
  }

  /** Nothing for a task that another has taken the place of, or that never was here. */
  delete(task: Task): void {
    const { namespace, model, input } = task;
    const models = this.tasks.get(namespace);
    const inputs = models?.get(model);
    const key = keyOf(input);
    if (inputs?.get(key) !== task) return;
    inputs.delete(key);
    if (inputs.size === 0) models?.delete(model);
    if (models?.size === 0) this.tasks.delete(namespace);
  }
}

/** Of one model all inputs have a query or none has, so the two forms never meet. */
function keyOf({ query, text }: ModelInput): string {
  return query === undefined ? text : `${query.length} ${query}${text}`;
}
