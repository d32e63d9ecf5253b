/** One that is inside. Links are `Presence`'s alone. */
export interface Guest {
  next: Guest | undefined;
  previous: Guest | undefined;
  /** Ends it. */
  expel(): void;
}

/** Those inside one namespace, as a list that is linked through them: coming and going sets nothing aside. */
class Inside {
  first: Guest | undefined;
  readonly whenEmpty: (() => void)[] = [];
}

/** Who is inside, by namespace. */
export class Presence {
  private readonly inside = new Map<string, Inside>();
  private guestCount = 0;

  /** How many are inside, in all namespaces. */
  get count(): number {
    return this.guestCount;
  }

  add(namespace: string, guest: Guest): void {
    let inside = this.inside.get(namespace);
    if (inside === undefined) {
      inside = new Inside();
      this.inside.set(namespace, inside);
    }
    guest.next = inside.first;
    if (inside.first !== undefined) inside.first.previous = guest;
    inside.first = guest;
    this.guestCount += 1;
  }

  /** For one that is inside, once. */
  remove(namespace: string, guest: Guest): void {
    const inside = this.inside.get(namespace)!;
    const { next, previous } = guest;
    if (previous === undefined) inside.first = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    guest.next = undefined;
    guest.previous = undefined;
    this.guestCount -= 1;
    if (inside.first !== undefined) return;
    this.inside.delete(namespace);
    for (const told of inside.whenEmpty) told();
  }

  /** Resolves once nobody is inside. */
  empty(namespace: string): Promise<void> {
    const inside = this.inside.get(namespace);
    if (inside === undefined) return Promise.resolve();
    return new Promise((resolve) => inside.whenEmpty.push(resolve));
  }

  /** Those inside now. */
  guests(namespace: string): Guest[] {
    const guests: Guest[] = [];
    for (let guest = this.inside.get(namespace)?.first; guest !== undefined; guest = guest.next)
      guests.push(guest);
    return guests;
  }
}
