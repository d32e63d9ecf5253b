/** Lower bound of a share by Wilson's score interval; 0 for no observations. */
export function wilsonLowerBound(successes: number, observations: number, z: number): number {
  if (observations === 0) return 0;
  const share = successes / observations;
  const z2 = (z * z) / observations;
  const centre = share + z2 / 2;
  const spread = z * Math.sqrt((share * (1 - share) + z2 / 4) / observations);
  return (centre - spread) / (1 + z2);
}

/** Fewest judged pairs before a component may speak. */
export const MINIMAL_PAIRS = 200;

/**
 * Trust of a namespace-wide component from pairs (chosen, passed over) it would have ordered rightly: max(0, 2L − 1)
 * with L the lower Wilson bound at z = 3.5 (at 95 % a coin would pass at some time in three runs of four), 0 below 200
 * pairs.
 */
export function componentTrust(right: number, judged: number): number {
  if (judged < MINIMAL_PAIRS) return 0;
  return Math.max(0, 2 * wilsonLowerBound(right, judged, 3.5) - 1);
}
