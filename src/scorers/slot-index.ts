/** Numbers are below it. */
const SPAN = 131_072;
const LAST_BASE = 2 ** 31 - 2 * SPAN;

/** A map from slots to numbers from 0 to 131 071 that is emptied in no time; scratch space for synchronous work. */
export class SlotIndex {
  /** Whose numbers the map holds, where its users do not finish with it at once; emptying forgets it. */
  owner: object | undefined;
  /** By slot: base + number, where lower ones are left from before. For loops that cannot afford a call a word. */
  places = new Int32Array(1024);
  base = SPAN;

  /** Empties the map and makes room for slots below `slots`. */
  start(slots: number): void {
    this.owner = undefined;
    if (slots > this.places.length) this.grow(slots);
    if (this.base >= LAST_BASE) {
      this.places.fill(0);
      this.base = 0;
    }
    this.base += SPAN;
  }

  /** The number of a slot, or below 0. */
  get(slot: number): number {
    return slot < this.places.length ? this.places[slot]! - this.base : -1;
  }

  set(slot: number, value: number): void {
    if (slot >= this.places.length) this.grow(slot + 1);
    this.places[slot] = this.base + value;
  }

  private grow(slots: number): void {
    const places = new Int32Array(slots * 2);
    places.set(this.places);
    this.places = places;
  }
}
