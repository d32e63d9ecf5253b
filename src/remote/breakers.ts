import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
} from 'cockatiel';
import { RemoteError } from './remote-error.js';

/** Most parts of a server that are told apart; beyond, the one unused for longest is forgotten, whole ones first. */
const MOST_PARTS = 64;

interface Part {
  readonly breaker: CircuitBreakerPolicy;
  /** Whether it answered last time. */
  isWell: boolean;
}

/**
 * Circuit breakers of one server, one for each part of it that may fail by itself, as the models behind one API do: what
 * one caller names does not cut off those who name another.
 */
export class Breakers {
  private readonly parts = new Map<string, Part>();

  constructor(
    /** Failures in a row after which a part is left alone. */
    private readonly failures: number,
    /** For how long, milliseconds. */
    private readonly resetMs: number,
  ) {}

  /** Whether some part is left alone and none is known to be well. */
  get areBroken(): boolean {
    const parts = [...this.parts.values()];
    return parts.some(isBroken) && !parts.some(({ isWell }) => isWell);
  }

  of(name: string): CircuitBreakerPolicy {
    const part = this.parts.get(name) ?? this.open();
    this.parts.delete(name);
    this.parts.set(name, part);
    return part.breaker;
  }

  private open(): Part {
    if (this.parts.size >= MOST_PARTS) {
      const names = [...this.parts.keys()];
      this.parts.delete(names.find((name) => !isBroken(this.parts.get(name)!)) ?? names[0]!);
    }
    const breaker = circuitBreaker(
      handleWhen((cause) => cause instanceof RemoteError && cause.isServersFault),
      { halfOpenAfter: this.resetMs, breaker: new ConsecutiveBreaker(this.failures) },
    );
    const part: Part = { breaker, isWell: false };
    breaker.onSuccess(() => {
      part.isWell = true;
    });
    breaker.onFailure(({ handled }) => {
      if (handled) part.isWell = false;
    });
    return part;
  }
}

function isBroken({ breaker }: Part): boolean {
  return breaker.state !== CircuitState.Closed;
}
