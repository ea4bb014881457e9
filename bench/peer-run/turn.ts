/** One turn of a contender: started anew, checked, measured with each model, and ended; nothing of the others runs meanwhile. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenBench } from '../bench.ts';
import { send, untilAnswered } from '../http.ts';
import { runLoad } from '../load.ts';
import type { ModelName } from '../models/models.ts';
import type { Contender, PeerRequest, PeerServer } from '../peers/peer.ts';
import { checkAnswer, expectedAnswer } from '../prediction.ts';
import type { Sample } from '../sample.ts';
import { processorSeconds, treeMemory } from './process-tree.ts';
import type { PeerTiming } from './timing.ts';

/** What is measured with a model. */
export const LOADS = ['busy', 'lone'] as const;
export type LoadName = (typeof LOADS)[number];
/** Connections of each. */
export const CONNECTIONS = { busy: 64, lone: 1 } as const satisfies Record<LoadName, number>;

export interface Turn {
  /** `time`: ms from the start of the process until each model has been answered for with 200; `memory`: MB after the load. */
  readonly server: Sample;
  readonly models: Readonly<Partial<Record<ModelName, Readonly<Record<LoadName, Sample>>>>>;
}

export interface TurnOptions {
  readonly bench: OpenBench;
  readonly models: readonly ModelName[];
  readonly timing: PeerTiming;
}

const START_MS = 120_000;
/** Answers to what was under way when the load ended are nobody's. */
const SETTLE_MS = 1000;

/** @throws Error when it does not start in two minutes, says something else than the model, or fails under load */
export async function takeTurn(contender: Contender, { bench, models, timing }: TurnOptions): Promise<Turn> {
  const server = await contender.start(bench, models);
  try {
    const requests = await Promise.all(models.map((model) => server.request(model)));
    for (const request of requests) await firstAnswer(server, request);
    const time = performance.now() - server.started;
    const measured: [ModelName, Record<LoadName, Sample>][] = [];
    for (const [index, request] of requests.entries()) {
      const model = models[index]!;
      if (contender.isPredicting ?? true) await check(bench, server, { model, request });
      measured.push([model, await measure(server, request, timing)]);
    }
    return { server: { time, memory: await treeMemory(server.pid) }, models: Object.fromEntries(measured) };
  } finally {
    await server.close();
  }
}

async function firstAnswer({ ended, logEnd }: PeerServer, { url, body, contentType }: PeerRequest): Promise<void> {
  const question = { method: 'POST', body: await readFile(body), contentType } as const;
  try {
    await untilAnswered(url, { ...question, timeoutMs: START_MS, ended });
  } catch (error) {
    const log = (await logEnd?.()) ?? '';
    throw new Error(`it does not serve: ${(error as Error).message}. The end of its log:\n${log}`, { cause: error });
  }
}

interface Asked {
  readonly model: ModelName;
  readonly request: PeerRequest;
}

async function check(bench: OpenBench, { rowOf }: PeerServer, { model, request }: Asked): Promise<void> {
  const { url, body, contentType } = request;
  const answer = await send(url, { method: 'POST', body: await readFile(body), contentType });
  checkAnswer(await expectedAnswer(bench, { model, body: 'json' }), rowOf(JSON.parse(answer)));
}

async function measure(
  server: PeerServer,
  request: PeerRequest,
  { warmUp, seconds }: PeerTiming,
): Promise<Record<LoadName, Sample>> {
  await runLoad({ ...request, connections: CONNECTIONS.busy, seconds: warmUp });
  await sleep(SETTLE_MS);
  const busy = await measureLoad(server, { ...request, connections: CONNECTIONS.busy, seconds: seconds.busy });
  await sleep(SETTLE_MS);
  const lone = await measureLoad(server, { ...request, connections: CONNECTIONS.lone, seconds: seconds.lone });
  return { busy, lone };
}

async function measureLoad({ pid }: PeerServer, load: Parameters<typeof runLoad>[0]): Promise<Sample> {
  const before = await processorSeconds(pid);
  const { requests, ...sample } = await runLoad(load);
  const used = (await processorSeconds(pid)) - before;
  return { ...sample, processorTime: (used * 1e6) / requests };
}
