import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/base/pace.js';

describe('a pace', () => {
  it('is due once its slice is used up, and again a slice after each rest', async () => {
    let time = 100;
    let pauses = 0;
    const pace = new Pace({
      sliceMs: 5,
      now: () => time,
      pause: async () => {
        pauses++;
        time += 50;
      },
    });
    expect(pace.due()).toBe(false);
    time = 104.9;
    expect(pace.due()).toBe(false);
    time = 105;
    expect(pace.due()).toBe(true);
    await pace.rest();
    // The pause itself took 50 ms; that was others' work and does not count.
    expect([pauses, pace.due()]).toEqual([1, false]);
    time += 5;
    expect(pace.due()).toBe(true);
  });

  it('lets timers and input have their turn', async () => {
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    await new Pace().rest();
    expect(turned).toBe(true);
  });
});
