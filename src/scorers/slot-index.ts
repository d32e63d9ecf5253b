const FIRST_BASE = 1;
const LAST_BASE = 2 ** 30;

/** A map from numbers to numbers from 0 to 2^30 that is emptied in no time; scratch space for synchronous work. */
export class SlotIndex {
  /** Whose numbers the map holds, where its users do not finish with it at once; emptying forgets it. */
  owner: object | undefined;
  /** By key: base + value, where lower ones are left from before. For loops that cannot afford a call each. */
  places = new Int32Array(1024);
  base = FIRST_BASE;
  /** Values set since it was emptied are below it. */
  private top = 0;

  /** Empties the map and makes room for keys below `keys`. */
  start(keys: number): void {
    this.owner = undefined;
    if (keys > this.places.length) this.grow(keys);
    this.base += this.top;
    this.top = 0;
    if (this.base >= LAST_BASE) {
      this.places.fill(0);
      this.base = FIRST_BASE;
    }
  }

  /** The value of a key, or below 0. */
  get(key: number): number {
    return key < this.places.length ? this.places[key]! - this.base : -1;
  }

  set(key: number, value: number): void {
    if (key >= this.places.length) this.grow(key + 1);
    if (value >= this.top) this.top = value + 1;
    this.places[key] = this.base + value;
  }

  private grow(keys: number): void {
    const places = new Int32Array(keys * 2);
    places.set(this.places);
    this.places = places;
  }
}
