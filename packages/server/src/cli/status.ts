/** `--status`: what there is to say about the running daemon. */
import type { ControlConfig } from '../config/load.ts';
import { facts } from './facts.ts';
import { findDaemon } from './pid-file.ts';

export interface Status {
  readonly isRunning: boolean;
  readonly text: string;
}

export function status({ pidFile }: ControlConfig): Status {
  const daemon = findDaemon(pidFile);
  if (daemon === undefined) return { isRunning: false, text: 'model-server is not currently running.' };
  const { pid, startedAt, addresses } = daemon;
  const headline = addresses === undefined ? 'model-server is starting.' : 'model-server is running.';
  const uptime = duration(Date.now() - Date.parse(startedAt));
  return { isRunning: true, text: `${headline}\n${facts({ pid: String(pid), uptime, ...addresses })}` };
}

/** The two largest units: `2 d 3 h`, `5 min 1 s`. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first === -1 ? parts.slice(-1) : parts.slice(first, first + 2);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}
