/** The server is killed while clients send rewards, and they send again what was not answered: each counts once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { addOneModel } from '../../fixtures/onnx-models.ts';
import { addArchive } from '../../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { send, sendJson, type Answer } from '../../helpers/http.ts';
import type { Random } from '../../helpers/random.ts';
import { conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const GRAPH = { router: { one: 'one', other: 'one/1.0' }, policy: 'thompson_sampling' };
const CLIENTS = 4;
const LONGEST_LIFE_MS = 600;

/** A reward on its way: its client sends it until it is answered. */
interface Sent {
  readonly id: string;
  readonly arm: string;
  readonly reward: number;
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
  const counts = { answered: 0, repeated: 0 };
  const expected = new Map(Object.keys(GRAPH.router).map((arm) => [arm, { rewards: 0, sum: 0 }]));
  const pending: (Sent | undefined)[] = Array.from({ length: CLIENTS }, () => undefined);
  const problems: string[] = [];
  let last = 0;
  const next = (): Sent => ({
    id: `reward-${(last += 1)}`,
    arm: random.next() < 0.5 ? 'one' : 'other',
    reward: random.next() < 0.5 ? 1 : 0,
  });
  for (let kill = 1; kill <= kills; kill += 1) {
    const clients = pending.map(async (_, client) => {
      for (;;) {
        const sent = (pending[client] ??= next());
        const outcome = await outcomeOf(daemon, sent).catch(() => undefined);
        if (outcome === undefined) return;
        // Its worker is not there yet.
        if (outcome.status === 503) continue;
        if (outcome.status !== 200) problems.push(`${sent.id} was answered with ${outcome.status} ${outcome.text}`);
        count(expected, sent);
        counts.answered += 1;
        if (outcome.text.includes('"repeated"')) counts.repeated += 1;
        pending[client] = undefined;
      }
    });
    await killSoon(daemon, random);
    await Promise.all(clients);
    daemon = await startDaemon({ root: daemon.root });
    const restarted = daemon;
    defer(() => restarted.close());
    say(`${kill} of ${kills} kills, ${counts.answered} rewards, ${problems.length} problems`);
  }
  // What was on its way may have been counted: sent again, it has to be once.
  for (const sent of pending) {
    if (sent === undefined) continue;
    await outcomeOf(daemon, sent);
    count(expected, sent);
  }
  problems.push(...(await differences(daemon, expected)));
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

/** @throws Error where no answer comes */
async function outcomeOf({ inference }: Daemon, { id, arm, reward }: Sent): Promise<Answer> {
  return sendJson(`${inference}/feedback/shop`, { id, reward, route: `router=${arm}` });
}

async function killSoon(daemon: Daemon, random: Random): Promise<void> {
  await sleep(LONGEST_LIFE_MS * random.next());
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
