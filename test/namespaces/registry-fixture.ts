import { ManualClock } from '../../src/base/clock.js';
import {
  type EvictionReason,
  NamespaceRegistry,
  type NamespaceRegistryOptions,
  type Resident,
} from '../../src/namespaces/registry.js';

/** A namespace that notes what is done to it. */
export class FakeNamespace implements Resident {
  bytes = 10;
  cacheBytes = 0;
  flushes = 0;
  closedFor: EvictionReason | undefined;
  flushError: Error | undefined;

  constructor(
    readonly name: string,
    private readonly log: string[],
  ) {}

  trimCaches(bytes: number): void {
    this.log.push(`trim ${this.name} by ${bytes}`);
    this.cacheBytes = 0;
  }

  async flush(): Promise<void> {
    this.flushes += 1;
    this.log.push(`flush ${this.name}`);
    if (this.flushError) throw this.flushError;
  }

  async close(reason: EvictionReason): Promise<void> {
    if (this.closedFor) throw new Error('closed twice');
    this.closedFor = reason;
    this.log.push(`close ${this.name} ${reason}`);
  }
}

/** A registry of such namespaces, and the log of what it did to them. */
export function setUp(options: Partial<NamespaceRegistryOptions<FakeNamespace>> = {}) {
  const log: string[] = [];
  const clock = new ManualClock();
  const registry = new NamespaceRegistry<FakeNamespace>({
    open: async (name) => {
      log.push(`open ${name}`);
      return new FakeNamespace(name, log);
    },
    defaultName: 'default',
    maxBytes: 1e9,
    cacheMaxBytes: 1e9,
    clock,
    onEvicted: (name, reason) => log.push(`evicted ${name} ${reason}`),
    onFlushFailed: (name, _, kept) => log.push(`failed ${name} ${kept ? 'kept' : 'lost'}`),
    ...options,
  });
  const touch = (name: string, change?: (resident: FakeNamespace) => void) =>
    registry.use(name, async (resident) => {
      change?.(resident);
      return resident;
    });
  return { registry, log, clock, touch };
}

/** A promise and the means to settle it. */
export function gate() {
  let open = () => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

/** Lets everything happen that waits for nothing. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
