/** Holds up the worker of a model that runs GATE, for as long as a test needs it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { Daemon } from './daemon.ts';
import { send, type Answer } from './http.ts';

export interface HeldUp {
  /** Of the request that holds the worker up. */
  readonly answer: Promise<Answer>;
  readonly letGo: () => Promise<void>;
}

/**
 * Resolves when a worker runs a request that ends when it is let go, with the test at the latest; of a model's default
 * version, or of `name/version`. Its thread is busy meanwhile (`block`), or free (`wait`).
 */
export async function holdUp({ inference }: Daemon, model: string, verb: 'block' | 'wait' = 'block'): Promise<HeldUp> {
  const folder = await mkdtemp(path.join(tmpdir(), 'marserve-gate-'));
  const [file, ran] = [path.join(folder, 'open'), path.join(folder, 'ran')];
  const headers = { 'content-type': 'text/plain' };
  const body = `${verb} ${file} ${ran}`;
  const answer = send(`${inference}/predictions/${model}`, { method: 'POST', body, headers });
  const letGo = () => writeFile(file, '');
  onTestFinished(async () => {
    await letGo();
    await answer.catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  });
  await expect.poll(() => readFile(ran, 'utf8').catch(() => '')).toContain(body);
  return { answer, letGo };
}

/** How many requests wait for a worker of version 1.0. */
export async function queueLength({ metrics }: Daemon, model: string): Promise<number> {
  const { text } = await send(`${metrics}/metrics?name[]=marserve_queue_length`);
  return Number(new RegExp(`model_name="${model}",model_version="1.0"\\} (\\d+)`).exec(text)?.[1]);
}
