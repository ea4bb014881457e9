/** Asks a daemon again and again whether it is alive, and keeps how long that takes. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Daemon } from './daemon.ts';

export interface Pings {
  /** Resolves with milliseconds, sorted; a ping without an answer in 30 s is `Infinity`. */
  stop(): Promise<readonly number[]>;
}

const PAUSE_MS = 5;
const TIMEOUT_MS = 30_000;

/** One ping after the other, over one connection. */
export function startPings({ inference }: Daemon): Pings {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  const state = { isStopped: false };
  const loop = async () => {
    while (!state.isStopped) {
      times.push(await ping(`${inference}/ping`, agent));
      await sleep(PAUSE_MS);
    }
    agent.destroy();
  };
  const finished = loop();
  return {
    async stop() {
      state.isStopped = true;
      await finished;
      return times.toSorted((a, b) => a - b);
    },
  };
}

/** The value that 99 % of the sorted times do not exceed; NaN when there are none. */
export function p99(sorted: readonly number[]): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * 0.99) - 1)] ?? NaN;
}

function ping(url: string, agent: Agent): Promise<number> {
  const started = performance.now();
  return new Promise((resolve) => {
    const sent = request(url, { agent, timeout: TIMEOUT_MS }, (response) => {
      response.resume().once('end', () => resolve(performance.now() - started));
    });
    sent.once('timeout', () => sent.destroy());
    sent.once('error', () => resolve(Infinity));
    sent.end();
  });
}
