import { usesScorer } from './base/settings/rules.js';
import type { Settings } from './base/settings/table.js';
import type { Encoder } from './encoders/encoder.js';
import type { MemorySettings } from './namespaces/memory.js';
import type { FreshnessOptions } from './proxy/freshness.js';
import type { GateSettings } from './reranker/request.js';
import type { RerankerSettings } from './reranker/reranker.js';
import type { ImpressionBounds } from './stores/store.js';

/** Settings of the memory; τ is the encoder's unless set, and 1 (same text alone) where nobody measured it. */
export function memorySettings(settings: Settings, encoder: Encoder): MemorySettings {
  return {
    cells: settings.memoryCells,
    tau: settings.memoryTau ?? encoder.tau ?? 1,
    halfLifeMs: settings.pheromoneDecayHalfLifeS * 1000,
    evidenceCap: settings.evidenceCap,
    propensityEta: settings.propensityEta,
    narrativeAlpha: settings.narrativeEmaAlpha,
    successGate: settings.narrativeSuccessGate,
    documentsPerCell: settings.memoryDocsPerCell,
    pheromone: pheromoneSettings(settings),
  };
}

function pheromoneSettings({ pheromoneExposurePenalty, pheromoneUnit }: Settings) {
  return { exposurePenalty: pheromoneExposurePenalty, unit: pheromoneUnit };
}

/** Settings of ranking and feedback. */
export function rerankerSettings(settings: Settings): RerankerSettings {
  return {
    weightDense: settings.weightDense,
    weightNarrative: settings.weightNarrative,
    weightPheromone: settings.weightPheromone,
    pheromone: pheromoneSettings(settings),
    halfLifeMs: settings.pheromoneDecayHalfLifeS * 1000,
    gateZ: settings.memoryGateZ,
    anchor: settings.anchor,
    epsilon: settings.epsilon,
    deterministic: settings.deterministic,
    holdout: settings.memoryHoldout,
    impressionTtlMs: settings.impressionTtlS * 1000,
    modelTimeoutMs: modelTimeoutMs(settings),
    successGate: settings.narrativeSuccessGate,
    feedbackPerSource: settings.feedbackPerSource,
  };
}

/** The longest wait of those that a request may need: models here bound their own by none, an upstream by its own. */
function modelTimeoutMs(settings: Settings): number {
  const { inferenceTimeoutMs, upstreamTimeoutMs } = settings;
  return usesScorer(settings, 'upstream')
    ? Math.max(inferenceTimeoutMs, upstreamTimeoutMs)
    : inferenceTimeoutMs;
}

/** How long the scores of an upstream are good for. */
export function freshnessOptions(settings: Settings): FreshnessOptions {
  return {
    ttlMs: settings.cacheTtlS * 1000,
    staleMs: settings.cacheStaleS * 1000,
    staleIfErrorMs: settings.cacheStaleIfErrorS * 1000,
  };
}

/** The entropy gate of requests that do not choose one. */
export function gateSettings(settings: Settings): GateSettings {
  return {
    mode: settings.gatingMode,
    threshold: settings.gatingThreshold,
    minCandidates: settings.gatingMinCandidates,
    maxCandidates: settings.gatingMaxCandidates,
    temperature: settings.gatingTemperature,
  };
}

/** Bounds of the impressions that the store keeps. */
export function impressionBounds(settings: Settings): ImpressionBounds {
  return {
    namespaceBytes: settings.impressionMaxBytes,
    totalBytes: settings.impressionTotalMaxBytes,
    ...(settings.feedbackCacheSize === undefined ? {} : { namespaceCount: settings.feedbackCacheSize }),
  };
}
