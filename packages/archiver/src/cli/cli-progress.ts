/** A progress bar for a packaging that takes long, on a terminal. */
import { SingleBar } from 'cli-progress';
import prettyBytes from 'pretty-bytes';
import type { Progress } from '../package-options.ts';

/** What the packaging reports to. */
export interface ProgressBar {
  /** Draws how far it is. */
  readonly update: (progress: Progress) => void;
  /** Takes the bar away; nothing happens when there is none. */
  readonly stop: () => void;
}

const LARGE_BYTES = 64 * 2 ** 20;
const LONG_MS = 1000;

/** Shows nothing when `stream` is not a terminal, nor for small and short work. */
export function createProgressBar(stream: NodeJS.WriteStream | undefined): ProgressBar {
  if (stream?.isTTY !== true) return { update: () => {}, stop: () => {} };
  const bar = new SingleBar({
    stream,
    format: '{phase} [{bar}] {percentage}% | {value} of {total}',
    formatValue: (value, _options, type) => (type === 'value' || type === 'total' ? prettyBytes(value) : String(value)),
    clearOnComplete: true,
    hideCursor: true,
  });
  const started = Date.now();
  let shown: Progress['phase'] | undefined;
  return {
    update: ({ phase, done, total }) => {
      if (total < LARGE_BYTES && Date.now() - started < LONG_MS) return;
      if (shown !== phase) {
        if (shown !== undefined) bar.stop();
        bar.start(total, done, { phase });
        shown = phase;
      }
      bar.update(done);
    },
    stop: () => {
      if (shown !== undefined) bar.stop();
      shown = undefined;
    },
  };
}
