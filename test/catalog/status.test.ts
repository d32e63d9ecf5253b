import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isLeaving,
  type KeptStatus,
  mayBecome,
  restoredStatus,
  restrictiveness,
  statusRefusal,
  transition,
} from '../../src/catalog/status.js';

const KEPT: KeptStatus[] = [
  'provisioning',
  'active',
  'read_only',
  'suspended',
  'pending_deletion',
  'deleted',
];

/** The steps of a namespace's life as they were decided, written out. */
const STEPS = new Set([
  'provisioning active',
  'active read_only',
  'active suspended',
  'read_only active',
  'read_only suspended',
  'suspended active',
  'suspended read_only',
  'provisioning pending_deletion',
  'active pending_deletion',
  'read_only pending_deletion',
  'suspended pending_deletion',
  'pending_deletion deleted',
]);

describe('the life of a namespace', () => {
  it('takes the steps that were decided, staying included, and no other', () => {
    for (const from of KEPT)
      for (const to of KEPT) {
        const isStep = from === to || STEPS.has(`${from} ${to}`);
        expect(mayBecome(from, to), `${from} ${to}`).toBe(isStep);
        if (isStep) expect(transition(from, to)).toBe(to);
        else expect(() => transition(from, to)).toThrow(`is ${from} cannot become ${to}`);
      }
  });

  it('whatever is tried: what left active life comes back to where it was, and never once its purge began', () => {
    const attempt = fc.oneof(fc.constantFrom(...KEPT), fc.constant('restore' as const));
    fc.assert(
      fc.property(fc.constantFrom('provisioning', 'active'), fc.array(attempt), (first, attempts) => {
        let status: KeptStatus = first as KeptStatus;
        let before: KeptStatus | undefined;
        let modelled: { alive: KeptStatus; leaving: boolean; gone: boolean } = {
          alive: status,
          leaving: false,
          gone: false,
        };
        for (const to of attempts) {
          const { alive, leaving, gone } = modelled;
          if (to === 'restore') {
            if (leaving && !gone) modelled = { ...modelled, leaving: false };
          } else if (to === 'pending_deletion') {
            if (!gone) modelled = { ...modelled, leaving: true };
          } else if (to === 'deleted') {
            if (leaving) modelled = { ...modelled, gone: true };
          } else if (
            !leaving &&
            (to !== 'provisioning' ? alive !== 'provisioning' || to === 'active' : false)
          )
            modelled = { ...modelled, alive: to };

          try {
            const next: KeptStatus =
              to === 'restore' ? restoredStatus(status, before) : transition(status, to);
            if (isLeaving(next) && !isLeaving(status)) before = status;
            status = next;
          } catch (error) {
            expect(error).toMatchObject({ code: 'CONFLICT' });
          }
          const expected = modelled.gone ? 'deleted' : modelled.leaving ? 'pending_deletion' : modelled.alive;
          expect(status).toBe(expected);
        }
      }),
    );
  });

  it('orders statuses by how little they allow', () => {
    expect([...KEPT].sort((left, right) => restrictiveness(left) - restrictiveness(right))).toEqual([
      'active',
      'read_only',
      'provisioning',
      'suspended',
      'pending_deletion',
      'deleted',
    ]);
  });

  it('says why a request is refused', () => {
    const refusals = KEPT.map((status) => [false, true].map((learns) => statusRefusal('x', status, learns)));
    expect(refusals.map((pair) => pair.map((error) => error && [error.status, error.message]))).toEqual([
      [
        [409, 'Namespace is being provisioned: x'],
        [409, 'Namespace is being provisioned: x'],
      ],
      [undefined, undefined],
      [undefined, [409, 'Namespace is read-only: x']],
      [
        [403, 'Namespace is suspended: x'],
        [403, 'Namespace is suspended: x'],
      ],
      [
        [409, 'Namespace is being deleted: x'],
        [409, 'Namespace is being deleted: x'],
      ],
      [
        [409, 'Namespace is being deleted: x'],
        [409, 'Namespace is being deleted: x'],
      ],
    ]);
  });
});
