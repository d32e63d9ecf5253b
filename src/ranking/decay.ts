/**
 * What remains of an evidence after some time: 2^(−Δt/H), in [0, 1]. Time that went back changes nothing (1). Decay over
 * a then b equals decay over a + b.
 */
export function decayFactor(fromMs: number, toMs: number, halfLifeMs: number): number {
  return toMs > fromMs ? 2 ** (-(toMs - fromMs) / halfLifeMs) : 1;
}
