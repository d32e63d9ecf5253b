import { describe, expect, it } from 'vitest';
import { Breakers } from '../../src/remote/breakers.js';
import { RemoteError } from '../../src/remote/remote-error.js';

const fail = (breakers: Breakers, name: string) =>
  breakers
    .of(name)
    .execute(() => Promise.reject(new RemoteError('timeout', 'x')))
    .catch((error: Error) => error.name);
const succeed = (breakers: Breakers, name: string) => breakers.of(name).execute(async () => 'well');

describe('the breakers of a server', () => {
  it('open part by part, and the whole counts as broken while none is well', async () => {
    const breakers = new Breakers(1, 60_000);
    expect(breakers.areBroken).toBe(false);
    await fail(breakers, 'a');
    expect(breakers.areBroken).toBe(true);
    expect(await succeed(breakers, 'b')).toBe('well');
    expect(breakers.areBroken).toBe(false);
    await expect(succeed(breakers, 'a')).rejects.toThrow();
    await fail(breakers, 'b');
    expect(breakers.areBroken).toBe(true);
  });

  it('forget whole parts rather than broken ones', async () => {
    const breakers = new Breakers(1, 60_000);
    await fail(breakers, 'bad');
    for (let n = 0; n < 1000; n++) await succeed(breakers, `part ${n}`);
    await expect(succeed(breakers, 'bad')).rejects.toThrow();
  });

  it('are bounded, for all that every part is broken', async () => {
    const breakers = new Breakers(1, 60_000);
    for (let n = 0; n < 100; n++) await fail(breakers, `part ${n}`);
    expect(await succeed(breakers, 'part 0')).toBe('well');
    await expect(succeed(breakers, 'part 99')).rejects.toThrow();
  });
});
