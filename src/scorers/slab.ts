/** Numbers a slab has: the first one, then twice as many each time up to the largest. */
const FIRST_LENGTH = 1024;
const LARGEST_LENGTH = 16_384;

/**
 * Cuts short lists out of long ones: making a list of its own costs an allocation outside the heap, some three times as
 * much. A slab lives as long as one of its lists; lists of one request are cut from the same and mostly end together.
 */
export class Slab {
  private numbers = new Uint32Array(0);
  private used = 0;
  private next = FIRST_LENGTH;

  /** A list of so many zeros, which nobody else has. */
  cut(length: number): Uint32Array {
    if (this.used + length > this.numbers.length) {
      if (length > this.next / 4) return new Uint32Array(length);
      this.numbers = new Uint32Array(this.next);
      this.used = 0;
      this.next = Math.min(2 * this.next, LARGEST_LENGTH);
    }
    const start = this.used;
    this.used += length;
    return this.numbers.subarray(start, this.used);
  }
}
