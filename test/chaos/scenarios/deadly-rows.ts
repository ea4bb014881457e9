/** Requests that kill their worker, in batches with others: they alone are answered with an error. */
import { addArchive } from '../../helpers/archives.ts';
import { startDaemon } from '../../helpers/daemon.ts';
import { echoQuestion } from '../../helpers/echo-questions.ts';
import { post, send } from '../../helpers/http.ts';
import { startLoad, type Question } from '../../helpers/load.ts';
import { conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const CONNECTIONS = 16;
const BATCH_SIZE = 8;
/** One question of so many kills. */
const KILLS_EVERY = 40;
const WAYS = ['exit', 'abort', 'segfault', 'kill', 'throw'];

const MORTAL_ECHO = `
  const DEATHS = {
    exit: () => process.exit(3),
    abort: () => process.abort(),
    segfault: () => process.kill(process.pid, 'SIGSEGV'),
    kill: () => process.kill(process.pid, 'SIGKILL'),
    throw: () => setImmediate(() => { throw new Error('nobody catches this'); }),
  };
  export default class MortalEcho {
    async handle(data) {
      const deadly = data.map(({ body }) => DEATHS[body]).find((die) => die !== undefined);
      if (deadly) await new Promise(() => deadly());
      return data.map((row) => row.data ?? row.body);
    }
  }
`;

export async function deadlyRows({ intensity, defer, say }: Chaos): Promise<ChaosResult> {
  const killers = intensity === 'long' ? 100 : WAYS.length;
  const daemon = await startDaemon({
    config: { access_log: 'off', job_queue_size: 1000 },
    fill: (store) => addArchive(store, { name: 'echo', source: MORTAL_ECHO }),
  });
  defer(() => daemon.close());
  await post(`${daemon.management}/models?url=echo.mar&initial_workers=2&batch_size=${BATCH_SIZE}&max_batch_delay=20`);
  const load = startLoad({
    address: daemon.inference,
    connections: CONNECTIONS,
    count: killers * KILLS_EVERY,
    question(index) {
      if (index % KILLS_EVERY !== KILLS_EVERY / 2) return echoQuestion('echo', index);
      if (index % (KILLS_EVERY * 10) === KILLS_EVERY / 2) say(`${load.ok} of ${killers * KILLS_EVERY} answers`);
      return deadlyQuestion(WAYS[Math.floor(index / KILLS_EVERY) % WAYS.length] ?? 'exit');
    },
  });
  defer(() => load.stop());
  const result = await load.finished;
  const retried = await retriedRequests(daemon.metrics);
  const lonely =
    retried < killers * 2 ? [`only ${retried} requests were run again: the deadly ones had no neighbours`] : [];
  const thrown = `${killers} rows that ${WAYS.join(', ')}, in batches of up to ${BATCH_SIZE}`;
  return conclude({
    thrown,
    load: result,
    facts: { killers, retried, slowestMs: Math.round(result.slowestMs) },
    problems: lonely,
  });
}

/** Its right answer is an error that says what happened. */
function deadlyQuestion(way: string): Question {
  return {
    path: '/predictions/echo',
    headers: { 'content-type': 'text/plain' },
    body: Buffer.from(way),
    judge: ({ status, body }) =>
      status === 500 && /Worker died: .*with this request alone/.test(body.toString()) ? 'ok' : 'failed',
  };
}

async function retriedRequests(metrics: string): Promise<number> {
  const { text } = await send(`${metrics}/metrics`);
  return Number(/^marserve_requests_retried_total\{.*\} (\d+)$/m.exec(text)?.[1] ?? 0);
}
