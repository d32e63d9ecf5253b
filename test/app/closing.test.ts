import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../src/base/log.js';
import { seededRandom } from '../../src/base/random.js';
import { NamespaceCatalog } from '../../src/catalog/catalog.js';
import { compose } from '../../src/compose.js';
import { NamespaceManagement } from '../../src/management/namespace-management.js';
import { Maintenance } from '../../src/namespaces/maintenance.js';
import { NamespaceRegistry } from '../../src/namespaces/registry.js';
import { AppHome } from './app-home.js';

let home: AppHome;
beforeEach(() => {
  home = new AppHome();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await home.remove();
});

describe('the end of the program', () => {
  it.each([
    ['management', NamespaceManagement, 'stop'],
    ['maintenance', Maintenance, 'stop'],
    ['namespaces', NamespaceRegistry, 'close'],
    ['catalog', NamespaceCatalog, 'close'],
  ] as const)('closes the rest where one fails: %s', async (what, { prototype }, method) => {
    const app = await home.start();
    await app.teach('acme', 'boats on the water', ['d9'], 3);
    const real = Object.getOwnPropertyDescriptor(prototype, method)!.value;
    vi.spyOn(prototype as unknown as { close(): void; stop(): void }, method).mockImplementation(
      async function (this: unknown, ...given: unknown[]) {
        await real.apply(this, given);
        throw new Error('injected');
      } as never,
    );
    await app.stop();
    expect(app.logged).toContainEqual(
      expect.objectContaining({ level: 'error', msg: `${what} could not be closed properly` }),
    );
    vi.restoreAllMocks();
    // The folder was given back, and everything is in it.
    const again = await home.start();
    expect((await again.rank('acme', 'boats on the water')).ids[0]).toBe('d9');
  });
});

describe('a start that fails late', () => {
  it('gives everything back, also where something of it cannot be closed', async () => {
    const lines: string[] = [];
    const logger = createLogger({
      level: 'info',
      destination: { write: (text: string) => void lines.push(text) },
    });
    vi.spyOn(NamespaceCatalog.prototype, 'onChange')
      .mockReturnValueOnce(() => undefined)
      .mockImplementation(() => {
        throw new Error('injected');
      });
    const { close } = NamespaceCatalog.prototype;
    vi.spyOn(NamespaceCatalog.prototype, 'close').mockImplementation(async function (this: NamespaceCatalog) {
      await close.call(this);
      throw new Error('injected too');
    });
    const start = vi.spyOn(Maintenance.prototype, 'start');
    await expect(compose(home.settings(), logger, home.clock, seededRandom(1))).rejects.toThrow('injected');
    expect(lines.join('')).toContain('catalog could not be closed properly');
    expect(start).not.toHaveBeenCalled();
    vi.restoreAllMocks();
    await home.start();
  });
});
