/** New versions that fail, crash, are slow or answer wrong get a part of the requests under load, and one that is well. */
import { setTimeout as delay } from 'node:timers/promises';
import { addArchive } from '../../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { startLoad, type LoadAnswer, type LoadResult } from '../../helpers/load.ts';
import { addUp, conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const CONNECTIONS = 8;
const WEIGHT = 20;
/** So many answers in turn without the canary: with a fifth of the requests, chance does not do that. */
const WITHOUT = 300;
const LONGEST_MS = 60_000;

const answering = (answer: string) => `
  import { PredictionError } from '@marserve/handlers';
  const later = (ms, value) => new Promise((done) => { setTimeout(() => done(value), ms); });
  export const handle = async (rows) => rows && Promise.all(rows.map(({ body }) => ${answer}));
`;

const MODELS = {
  stable: answering('2 * body'),
  well: answering('2 * body'),
  fails: answering(`new PredictionError('broken', 500)`),
  crashes: answering('process.exit(1)'),
  slow: answering('later(100, 2 * body)'),
  wrong: answering('3 * body'),
};

interface Canary {
  /** Name of the graph. */
  readonly name: string;
  readonly canary: keyof typeof MODELS;
  readonly options?: object;
  readonly end: 'promoted' | 'rolled back';
  /** Whether clients see what it fails. */
  readonly mayFail?: boolean;
  /** Whether it is tried in the short form as well; default true. */
  readonly isShort?: boolean;
}

const STEPS = [{ weight: WEIGHT, for_s: 600 }];
const GUARDS = { max_error_rate: 0.1, min_requests: 50 };

const CANARIES: readonly Canary[] = [
  { name: 'failing', canary: 'fails', options: { on_error: 'fail' }, end: 'rolled back', mayFail: true },
  { name: 'rescued', canary: 'fails', end: 'rolled back', isShort: false },
  { name: 'crashing', canary: 'crashes', options: { canary_timeout_ms: 1000 }, end: 'rolled back' },
  { name: 'slow', canary: 'slow', options: { guards: { ...GUARDS, max_p99_ms: 80 } }, end: 'rolled back' },
  {
    name: 'wrong',
    canary: 'wrong',
    options: { golden: [{ request: { instances: [21] }, expect: { predictions: [42] } }] },
    end: 'rolled back',
  },
  { name: 'well', canary: 'well', options: { steps: [{ weight: WEIGHT, for_s: 0.5 }] }, end: 'promoted' },
];

export async function badCanaries({ intensity, defer, say }: Chaos): Promise<ChaosResult> {
  const isLong = intensity === 'long';
  const rounds = isLong ? 10 : 1;
  const canaries = CANARIES.filter(({ isShort = true }) => isLong || isShort);
  const daemon = await startDaemon({ config: { access_log: 'off', job_queue_size: 1000 } });
  defer(() => daemon.close());
  for (const [name, source] of Object.entries(MODELS)) await addArchive(daemon.store, { name, source });
  await registerModels(daemon, Object.keys(MODELS));
  const results: LoadResult[] = [];
  const problems: string[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const canary of canaries) {
      const name = `${canary.name}-${round}`;
      const tried = await tryCanary({ daemon, defer }, { ...canary, name });
      results.push(tried.load);
      problems.push(...tried.problems);
    }
    say(`${round} of ${rounds} rounds`);
  }
  const thrown = `${rounds * (canaries.length - 1)} new versions that fail, crash, are slow or wrong, with ${WEIGHT} % of the requests`;
  return conclude({ thrown, load: addUp(results), problems });
}

interface Site extends Pick<Chaos, 'defer'> {
  readonly daemon: Daemon;
}

async function tryCanary({ daemon, defer }: Site, { name, canary, options, end, mayFail = false }: Canary) {
  const graph = {
    name,
    router: { stable: 'stable', canary },
    policy: 'canary',
    steps: STEPS,
    guards: GUARDS,
    ...options,
  };
  await addArchive(daemon.store, { name, handler: 'graph', config: JSON.stringify({ graph }) });
  await registerModels(daemon, [name], 'initial_workers=2');
  let inTurn = 0;
  const isOf = (arm: string, { status, headers }: LoadAnswer) =>
    status === 200 && headers['x-marserve-route'] === `${name}=${arm}`;
  const load = startLoad({
    address: daemon.inference,
    connections: CONNECTIONS,
    question: (index) => ({
      path: `/predictions/${name}`,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(String(index)),
      judge(answer) {
        inTurn = isOf(end === 'promoted' ? 'canary' : 'stable', answer) ? inTurn + 1 : 0;
        if (answer.status === 200) return answer.body.toString() === String(2 * index) ? 'ok' : 'wrong';
        return mayFail && answer.status === 500 ? 'refused' : 'failed';
      },
    }),
  });
  defer(() => load.stop());
  const isOver = () => daemon.output().includes(`canary \\"${name}\\" is ${end}`) && inTurn > WITHOUT;
  const cameTo = await becomes(isOver);
  const result = await load.stop();
  const problems = cameTo ? [] : [`the canary "${name}" was not ${end}`];
  if (result.refused > mostFailed(result.requests)) {
    problems.push(`${result.refused} of ${result.requests} requests failed, with ${WEIGHT} % for the canary "${name}"`);
  }
  return { load: result, problems };
}

/** The share of the canary, and five standard deviations. */
function mostFailed(requests: number): number {
  const share = WEIGHT / 100;
  return requests * share + 5 * Math.sqrt(requests * share * (1 - share));
}

async function becomes(isTrue: () => boolean): Promise<boolean> {
  const endsAt = performance.now() + LONGEST_MS;
  while (!isTrue()) {
    if (performance.now() > endsAt) return false;
    await delay(20);
  }
  return true;
}
