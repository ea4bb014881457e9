/** Daemons with several front ends: requests through each of them, and their processes. */
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { expect } from 'vitest';
import type { Daemon } from './daemon.ts';
import type { SteadyClients } from './steady-clients.ts';
import { workersOf } from './workers.ts';

/** What is asked. */
export interface Question {
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface QuestionAnswer {
  readonly status: number;
  readonly text: string;
}

/** Each over a connection of its own, and so through one front end after the other. */
export async function askEach(
  url: string,
  count: number,
  question: string | Question = 'x',
): Promise<QuestionAnswer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: count });
  const asked = typeof question === 'string' ? { body: question } : question;
  try {
    return await Promise.all(Array.from({ length: count }, () => ask(url, agent, asked)));
  } finally {
    agent.destroy();
  }
}

async function ask(url: string, agent: Agent, { body, headers }: Question): Promise<QuestionAnswer> {
  const sent = request(url, { method: 'POST', agent, headers: { 'content-type': 'text/plain', ...headers } });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode ?? 0, text };
}

/** Each different one once. */
export const texts = (answers: readonly { readonly text: string }[]) => [...new Set(answers.map(({ text }) => text))];

/** Resolves when they have had many more answers. */
export async function moreAnswers(clients: SteadyClients): Promise<void> {
  const before = clients.count();
  await expect.poll(() => clients.count()).toBeGreaterThan(before + 50);
}

/** The process of a front end, by what the log says. @throws Error when it says nothing */
export function pidOf(of: Daemon, frontEnd: number): number {
  const lines = of
    .output()
    .split('\n')
    .filter((line) => line.includes(`"frontEnd":${frontEnd},"pid":`));
  const pid = /"pid":(\d+)/.exec(lines.findLast((line) => line.includes('is up')) ?? '')?.[1];
  if (pid === undefined) throw new Error(`front end ${frontEnd} was never up`);
  return Number(pid);
}

/** Kills one that is there and ready, whichever that is when it is killed. */
export async function killWorker(of: Daemon, model: string): Promise<void> {
  const kill = async () => {
    const ready = (await workersOf(of, model)).find(({ status }) => status === 'READY');
    if (ready?.pid === undefined) throw new Error(`no worker of ${model} is ready`);
    process.kill(ready.pid, 'SIGKILL');
    return true;
  };
  await expect.poll(kill).toBe(true);
}
