/** How many candidates may move, and why. */
export interface EntropyGate {
  readonly applied: boolean;
  /** In [0, 1]; 1 where scores say nothing. */
  readonly uncertainty: number;
  /** The first so many by base score may move; the rest follow in base order. */
  readonly free: number;
}

export interface EntropyGateSettings {
  readonly mode: 'off' | 'auto' | 'on';
  readonly threshold: number;
  readonly minCandidates: number;
  readonly maxCandidates: number;
  readonly temperature: number;
}

/** Entropy of softmax((base − max)/(T·sd)), over ln n. 1 for fewer than two scores or all equal. */
export function uncertaintyOf(base: ArrayLike<number>, temperature: number): number {
  const n = base.length;
  if (n < 2) return 1;
  let max = Number.NEGATIVE_INFINITY;
  let mean = 0;
  for (let i = 0; i < n; i++) {
    if (base[i] > max) max = base[i];
    mean += base[i] / n;
  }
  let variance = 0;
  for (let i = 0; i < n; i++) variance += (base[i] - mean) ** 2 / n;
  const deviation = Math.sqrt(variance);
  if (!(deviation > 0) || !Number.isFinite(deviation)) return 1;
  // Above 0, or the best score's 0/0 would make all of it NaN.
  const scale = Math.max(temperature * deviation, Number.MIN_VALUE);
  let total = 0;
  let weighted = 0;
  for (let i = 0; i < n; i++) {
    const logit = (base[i] - max) / scale;
    const mass = Math.exp(logit);
    total += mass;
    weighted += mass > 0 ? mass * logit : 0;
  }
  const entropy = Math.log(total) - weighted / total;
  return Math.min(1, Math.max(0, entropy / Math.log(n)));
}

/**
 * Limits how many candidates adapt: all while the gate is off, or in `auto` while the base scores are sure (uncertainty
 * below the threshold); else a budget that grows with uncertainty from min to max along a logistic curve. None is
 * dropped. Cost: two passes over the scores.
 */
export function entropyGate(base: ArrayLike<number>, settings: EntropyGateSettings): EntropyGate {
  if (settings.mode === 'off')
    return { applied: false, uncertainty: uncertaintyOf(base, settings.temperature), free: base.length };
  const uncertainty = uncertaintyOf(base, settings.temperature);
  if (settings.mode === 'auto' && uncertainty < settings.threshold) {
    return { applied: false, uncertainty, free: base.length };
  }
  const { minCandidates, maxCandidates, threshold } = settings;
  const budget =
    minCandidates + (maxCandidates - minCandidates) / (1 + Math.exp(-8 * (uncertainty - threshold)));
  return { applied: true, uncertainty, free: Math.min(base.length, Math.round(budget)) };
}
