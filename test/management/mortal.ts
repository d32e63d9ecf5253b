import type { ManagementOptions, StateStore } from '../../src/management/management-options.js';
import type { Home } from './home.js';

/** The process ended here: nothing that comes after took place. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/**
 * A process that ends at a call of its stores, before or after it took effect: calls are counted from 1, and from that one
 * on every call fails.
 */
export class Mortal {
  calls = 0;
  isDead = false;

  constructor(
    private readonly lastCall: number,
    private readonly takesEffect: boolean,
  ) {}

  /** The same thing, as this process sees it. */
  sees<T extends object>(target: T, methods: readonly (keyof T)[]): T {
    const seen = Object.create(target) as T;
    for (const method of methods) {
      const real = target[method] as (...args: unknown[]) => unknown;
      seen[method] = (async (...args: unknown[]) => {
        if (this.isDead) throw new Killed();
        this.calls++;
        this.isDead = this.calls === this.lastCall;
        const isDone = !this.isDead || this.takesEffect;
        const answer = isDone ? await real.apply(target, args) : undefined;
        if (this.isDead) throw new Killed();
        return answer;
      }) as T[keyof T];
    }
    return seen;
  }

  /** What a process over the stores of `home` is opened with. */
  options(home: Home): Omit<Partial<ManagementOptions>, 'clock'> & { readonly kept: Home['kept'] } {
    return {
      kept: this.sees(home.kept, ['commit', 'compact']),
      store: this.sees<StateStore>(home.state, ['erase', 'usage', 'namespaces', 'get']),
      cache: this.sees(
        { erase: async () => ({ rows: 2, bytes: 10, files: [], left: [] }), count: async () => 0 },
        ['erase', 'count'],
      ),
      admission: this.sees(
        {
          drain: async () => undefined,
          forget: async () => undefined,
          utilisation: () => ({ share: 0, warnings: [] }),
          uses: () => [],
        },
        ['drain', 'forget'],
      ),
    };
  }
}
