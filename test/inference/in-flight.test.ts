import { expect, it } from 'vitest';
import { InFlight } from '../../src/inference/in-flight.js';
import { Task } from '../../src/inference/task.js';

const task = () => new Task('a', 'model', { text: 'x' }, 1, () => undefined);

it('forgets a task, and never the one that took its place', () => {
  const inFlight = new InFlight();
  const [first, second] = [task(), task()];
  inFlight.add(first);
  inFlight.add(second);
  inFlight.delete(first);
  inFlight.delete(task());
  expect(inFlight.find('a', 'model', { text: 'x' })).toBe(second);
  inFlight.delete(second);
  expect(inFlight.find('a', 'model', { text: 'x' })).toBeUndefined();
});
