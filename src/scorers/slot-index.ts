/** A map from slots to small numbers that is emptied in no time; scratch space for one synchronous piece of work. */
export class SlotIndex {
  private serials = new Uint32Array(1024);
  private values = new Uint32Array(1024);
  private serial = 0;

  /** Empties the map and makes room for slots below `slots`. */
  start(slots: number): void {
    if (slots > this.serials.length || this.serial === 0xffff_ffff) {
      const length = Math.max(slots * 2, this.serials.length);
      this.serials = new Uint32Array(length);
      this.values = new Uint32Array(length);
      this.serial = 0;
    }
    this.serial++;
  }

  /** The number of a slot, or −1; −1 also for slots never made room for. */
  get(slot: number): number {
    return this.serials[slot] === this.serial ? this.values[slot]! : -1;
  }

  set(slot: number, value: number): void {
    if (slot >= this.serials.length) this.grow(slot + 1);
    this.serials[slot] = this.serial;
    this.values[slot] = value;
  }

  private grow(slots: number): void {
    const serials = new Uint32Array(slots * 2);
    const values = new Uint32Array(slots * 2);
    serials.set(this.serials);
    values.set(this.values);
    this.serials = serials;
    this.values = values;
  }
}
