import { afterEach, beforeEach, describe } from 'vitest';
import { describeBounds } from './store-bounds.js';
import { describeLife } from './store-life.js';
import { describeNamespaces } from './store-namespaces.js';
import { describeRows } from './store-rows.js';
import { type StoreHarness, StoreSubject } from './store-subject.js';

/** The behaviour every driver owes; `describe`s itself under the driver's name. */
export function storeContract(driver: string, makeHarness: () => StoreHarness): void {
  describe(`store contract: ${driver}`, () => {
    const subject = new StoreSubject(makeHarness);

    beforeEach(() => subject.open());
    afterEach(() => subject.close());

    describeRows(subject);
    describeNamespaces(subject);
    describeBounds(subject);
    describeLife(subject);
  });
}
