import { Presets, SingleBar } from 'cli-progress';
import type { CommandOutput } from './context.js';

export interface ProgressBar {
  /** Share done, in [0, 1]; what stands behind the bar, as how much that is. */
  update(share: number, note?: string): void;
  /** Removes the bar. */
  stop(): void;
}

const STEPS = 1000;

/** A bar with a label on a terminal; on anything else, or when `quiet`, nothing is written. */
export function startProgress(output: CommandOutput, label: string, quiet: boolean): ProgressBar {
  if (quiet || output.isTTY !== true) return { update: () => {}, stop: () => {} };
  const bar = new SingleBar(
    {
      format: `${label} [{bar}] {percentage}% {duration_formatted} {note}`,
      stream: output as NodeJS.WritableStream,
      clearOnComplete: true,
      hideCursor: true,
    },
    Presets.legacy,
  );
  bar.start(STEPS, 0, { note: '' });
  return {
    update: (share, note = '') => bar.update(Math.floor(share * STEPS), { note }),
    stop: () => bar.stop(),
  };
}
