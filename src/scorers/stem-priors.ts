import type { DocumentPrior } from '../text/prior.js';
import type { Lexicon } from './lexicon.js';

const STEP = 1024;

/** A prior's shares by the lexicon's numbers: an array look-up in place of one in a large map, which takes a microsecond. */
export class StemPriors {
  /** By number; NaN = not looked up yet. */
  private shares = new Float64Array(0);
  private epoch = -1;

  constructor(
    private readonly lexicon: Lexicon,
    private readonly prior: DocumentPrior,
  ) {}

  /** The prior's share of a stem. */
  share(stem: string): number {
    const number = this.lexicon.number(stem);
    this.follow();
    const known = this.shares[number]!;
    if (!Number.isNaN(known)) return known;
    const share = this.prior.share(stem);
    this.shares[number] = share;
    return share;
  }

  private follow(): void {
    const { epoch, stemLimit } = this.lexicon;
    if (this.epoch !== epoch) this.shares = new Float64Array(0);
    this.epoch = epoch;
    if (this.shares.length >= stemLimit) return;
    const shares = new Float64Array(STEP * Math.ceil((1.5 * stemLimit) / STEP)).fill(Number.NaN);
    shares.set(this.shares);
    this.shares = shares;
  }
}
