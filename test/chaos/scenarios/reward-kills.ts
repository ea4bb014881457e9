/**
 * The server is killed while clients send rewards, and they send again what was not answered: each counts once. Some name the arm, others
 * a request that an earlier process has answered, whose decision is in the store alone.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { addOneModel } from '../../fixtures/onnx-models.ts';
import { addArchive } from '../../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { send, sendJson, type Answer } from '../../helpers/http.ts';
import type { Random } from '../../helpers/random.ts';
import { conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const GRAPH = { router: { one: 'one', other: 'one/1.0' }, policy: 'thompson_sampling' };
const CLIENTS = 4;
/** Answers of the most, and of the least, that a process gives before it is killed. */
const [LONGEST_LIFE, SHORTEST_LIFE] = [80, 5];
/** It is killed at any moment of a reward. */
const LONGEST_MOMENT_MS = 20;

/** A request that was answered. */
interface Decided {
  readonly id: string;
  readonly arm: string;
  /** Whether a reward was acknowledged since, before which all decisions are written. */
  isKept: boolean;
}

/** A reward on its way: its client sends it until it is answered. */
interface Sent extends Decided {
  readonly reward: number;
  /** Whether it says the arm; else the server has to know it. */
  readonly hasRoute: boolean;
}

export async function rewardKills({ intensity, random, defer, say }: Chaos): Promise<ChaosResult> {
  const kills = intensity === 'long' ? 40 : 3;
  let daemon = await startDaemon({
    fill: async (store) => {
      await addArchive(store, { name: 'one', model: addOneModel() });
      await addArchive(store, { name: 'shop', handler: 'graph', config: JSON.stringify({ graph: GRAPH }) });
    },
  });
  defer(() => daemon.close());
  await registerModels(daemon, ['one', 'shop']);
  const counts = { answered: 0, repeated: 0, lookedUp: 0, lostDecisions: 0 };
  const expected = new Map(Object.keys(GRAPH.router).map((arm) => [arm, { rewards: 0, sum: 0 }]));
  const pending: (Sent | undefined)[] = Array.from({ length: CLIENTS }, () => undefined);
  const problems: string[] = [];
  let last = 0;
  /** Of this process, and of those before. */
  const [decided, remembered]: [Decided[], Decided[]] = [[], []];
  const next = (): Sent => {
    const reward = random.next() < 0.5 ? 1 : 0;
    const asked = random.next() < 0.5 ? remembered.shift() : undefined;
    if (asked !== undefined) return { ...asked, reward, hasRoute: false };
    const arm = random.next() < 0.5 ? 'one' : 'other';
    return { id: `reward-${(last += 1)}`, arm, reward, isKept: true, hasRoute: true };
  };
  for (let kill = 1; kill <= kills; kill += 1) {
    let left = random.integer(SHORTEST_LIFE, LONGEST_LIFE);
    let onEnough = () => {};
    const enough = new Promise<void>((resolve) => (onEnough = resolve));
    const clients = pending.map(async (_, client) => {
      for (;;) {
        if (random.next() < 0.5) {
          const answered = await decide(daemon, `request-${(last += 1)}`).catch(() => undefined);
          if (answered !== undefined) decided.push(answered);
        }
        const sent = (pending[client] ??= next());
        const before = [...decided];
        const outcome = await outcomeOf(daemon, sent).catch(() => undefined);
        if (outcome === undefined) return;
        // Its worker is not there yet.
        if (outcome.status === 503) continue;
        if (outcome.status === 404 && !sent.hasRoute) {
          if (sent.isKept) problems.push(`the decision of ${sent.id} is not known: ${outcome.text}`);
          counts.lostDecisions += 1;
          pending[client] = { ...sent, hasRoute: true };
          continue;
        }
        if (outcome.status !== 200) problems.push(`${sent.id} was answered with ${outcome.status} ${outcome.text}`);
        for (const each of before) each.isKept = true;
        count(expected, sent);
        counts.answered += 1;
        if (!sent.hasRoute) counts.lookedUp += 1;
        if (outcome.text.includes('"repeated"')) counts.repeated += 1;
        pending[client] = undefined;
        if ((left -= 1) === 0) onEnough();
      }
    });
    await enough;
    await killSoon(daemon, random);
    await Promise.all(clients);
    remembered.push(...decided.splice(0));
    daemon = await startDaemon({ root: daemon.root });
    const restarted = daemon;
    defer(() => restarted.close());
    say(`${kill} of ${kills} kills, ${counts.answered} rewards, ${problems.length} problems`);
  }
  // What was on its way may have been counted: sent again, it has to be once.
  for (const sent of pending) {
    if (sent === undefined) continue;
    await outcomeOf(daemon, { ...sent, hasRoute: true });
    count(expected, sent);
  }
  problems.push(...(await differences(daemon, expected)));
  if (counts.lookedUp === 0) problems.push('no reward named a request of an earlier process');
  const load = {
    requests: counts.answered,
    ok: counts.answered,
    refused: 0,
    failed: [],
    lost: [],
    wrong: [],
    slowestMs: 0,
  };
  return conclude({
    thrown: `kill -9 of the server ${kills} times while clients send rewards`,
    load,
    facts: counts,
    problems,
  });
}

/** @returns undefined where it was not answered well @throws Error where no answer comes */
async function decide({ inference }: Daemon, id: string): Promise<Decided | undefined> {
  const { status, headers } = await sendJson(`${inference}/predictions/shop`, [1, 2], { 'x-request-id': id });
  const [, arm] = (headers.get('x-marserve-route') ?? '').split('=');
  return status === 200 && arm !== undefined ? { id, arm, isKept: false } : undefined;
}

/** @throws Error where no answer comes */
async function outcomeOf({ inference }: Daemon, { id, arm, reward, hasRoute }: Sent): Promise<Answer> {
  const route = hasRoute ? { route: `router=${arm}` } : {};
  return sendJson(`${inference}/feedback/shop`, { id, reward, ...route });
}

async function killSoon(daemon: Daemon, random: Random): Promise<void> {
  await sleep(LONGEST_MOMENT_MS * random.next());
  await daemon.end('SIGKILL');
}

type Expected = Map<string, { rewards: number; sum: number }>;

function count(expected: Expected, { arm, reward }: Sent): void {
  const counted = expected.get(arm);
  if (counted === undefined) return;
  counted.rewards += 1;
  counted.sum += reward;
}

async function differences({ management }: Daemon, expected: Expected): Promise<string[]> {
  const state = await send(`${management}/models/shop/experiment`);
  type Arm = Readonly<{ name: string; rewards: number; reward_sum: number }>;
  const { experiments } = state.json<{ experiments: readonly { arms: readonly Arm[] }[] }>();
  return (experiments[0]?.arms ?? []).flatMap(({ name, rewards, reward_sum: sum }) => {
    const counted = expected.get(name);
    if (counted?.rewards === rewards && counted.sum === sum) return [];
    return [`${name} has ${rewards} rewards of ${sum}, expected ${JSON.stringify(counted)}`];
  });
}
