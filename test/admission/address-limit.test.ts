import { describe, expect, it } from 'vitest';
import { AddressLimit, addressKey } from '../../src/admission/address-limit.js';
import { FakeCaller, FakeSocket } from './fake-catalog.js';

describe('a caller without credentials', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('at %s is %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});

describe('the rate of callers', () => {
  it('forgets those seen longest ago where they are too many', () => {
    const limit = new AddressLimit(1, 2);
    const [a, b, c] = ['1', '2', '3'].map((end) => new FakeCaller(new FakeSocket(`192.0.2.${end}`)));
    for (const caller of [a!, b!]) limit.take(caller, 0, 1);
    expect(limit.refusal(a!, 0, 1)).toMatchObject({ code: 'RATE_LIMITED', retryAfterS: 60 });
    limit.take(c!, 0, 1);
    expect(limit.refusal(a!, 0, 1)).toBeDefined();
    expect(limit.refusal(b!, 0, 1)).toBeUndefined();
  });

  it('shows what is left', () => {
    const limit = new AddressLimit(60);
    const caller = new FakeCaller();
    limit.take(caller, 0, 3);
    expect(limit.shown(caller, 0)).toEqual({
      policy: '"caller";q=60;w=60',
      name: 'caller',
      remaining: 57,
      resetS: 3,
    });
  });
});
