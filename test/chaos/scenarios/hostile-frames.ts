/** Handlers that write to the wire themselves, or flood what their worker prints and logs: a good model and pings go on beside them. */
import { ECHO } from '../../fixtures/handlers.ts';
import {
  HOSTILE_FRAMES,
  REAL_FRAMES,
  WIRE_WRITER,
  type FrameEdit,
  type FrameRecipe,
} from '../../fixtures/hostile-frames.ts';
import { addArchive } from '../../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { send, sendJson } from '../../helpers/http.ts';
import { startPings } from '../../helpers/pings.ts';
import type { Random } from '../../helpers/random.ts';
import { startEchoLoad } from '../echo-load.ts';
import { pingFindings } from '../ping-findings.ts';
import { conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const COUNTS = { short: { frames: 10, mutations: 16 }, long: { frames: Infinity, mutations: 500 } };
/** Models that write to the wire, each with one worker, at the same time. */
const WRITERS = ['writer-0', 'writer-1'];
const FLOODERS = ['prints', 'logs'];

/** Floods as long as it lives, and answers all the same. */
const FLOODER = `
  export default class Flooder {
    initialize({ modelName, logger }) {
      const flood = modelName === 'prints' ? () => process.stdout.write('x\\n'.repeat(50_000)) : () => {
        for (let line = 0; line < 1000; line += 1) logger.info('x', { line });
      };
      setInterval(flood, 20);
    }
    handle(data) {
      return data.map(() => 'fine');
    }
  }
`;

export async function hostileFrames(chaos: Chaos): Promise<ChaosResult> {
  const { intensity, random, defer, say } = chaos;
  const daemon = await startDaemon({
    config: { access_log: 'off', max_retry_timeout_in_sec: 3600, retry_on_worker_death: false },
    fill,
  });
  defer(() => daemon.close());
  await registerModels(daemon, ['good', ...WRITERS, ...FLOODERS], 'response_timeout=5');
  const load = startEchoLoad(chaos, daemon, { model: 'good', connections: 2 });
  const pings = startPings(daemon);
  defer(() => pings.stop());
  const recipes = recipesFor(COUNTS[intensity], random);
  const remaining = recipes.values();
  const problems = await Promise.all(WRITERS.map((model) => writeAll(daemon, model, remaining)));
  say(`${recipes.length} frames are written, ${load.ok} requests to the good model`);
  const floods = await Promise.all(FLOODERS.map((model) => floodProblems(daemon, model)));
  const pinged = pingFindings(await pings.stop(), intensity);
  return conclude({
    thrown: `${recipes.length} frames that no worker should send, by their handlers, beside floods of lines`,
    load: await load.stop(),
    facts: pinged.facts,
    problems: [...problems.flat(), ...floods.flat(), ...pinged.problems],
  });
}

async function fill(store: string): Promise<void> {
  await addArchive(store, { name: 'good', source: ECHO });
  for (const name of WRITERS) await addArchive(store, { name, source: WIRE_WRITER });
  for (const name of FLOODERS) await addArchive(store, { name, source: FLOODER });
}

function recipesFor(counts: { readonly frames: number; readonly mutations: number }, random: Random): FrameRecipe[] {
  const frames = Object.values(HOSTILE_FRAMES);
  const chosen =
    counts.frames < frames.length ? Array.from({ length: counts.frames }, () => random.pick(frames)) : frames;
  const mutated = Array.from({ length: counts.mutations }, () => ({
    ...random.pick(REAL_FRAMES),
    edits: edits(random),
  }));
  return [...chosen, ...mutated];
}

function edits(random: Random): FrameEdit[] {
  return Array.from({ length: random.integer(1, 3) }, () => ({
    at: random.next(),
    cut: random.integer(0, 6),
    put: random.bytes(random.integer(0, 6)).toString('latin1'),
  }));
}

/** Whatever was written: the request is answered, as one that no harm was done with or as one whose worker died. */
async function writeAll(daemon: Daemon, model: string, recipes: Iterable<FrameRecipe>): Promise<string[]> {
  const problems: string[] = [];
  for (const recipe of recipes) {
    const { status, text } = await sendJson(`${daemon.inference}/predictions/${model}`, recipe);
    if (status >= 500 && !isHonest(text) && !isFailure(recipe)) {
      problems.push(`${JSON.stringify(recipe)}: ${status} ${text.slice(0, 200)}`);
    }
    const next = await sendJson(`${daemon.inference}/predictions/${model}`, {});
    // The worker may only now find that its own answer is one too many.
    if (next.text !== 'fine' && !isHonest(next.text)) {
      problems.push(`after ${JSON.stringify(recipe)}: ${next.status} ${next.text.slice(0, 200)}`);
    }
  }
  return problems;
}

/** A real frame with an error of the handler, whose status may have been changed into something that is none. */
function isFailure({ text }: FrameRecipe): boolean {
  return text?.includes('"code":"prediction"') === true;
}

/** The worker died, or another does not start quickly enough for the response_timeout of this model. */
function isHonest(text: string): boolean {
  return text.includes('Worker died') || text.includes('No worker was free');
}

async function floodProblems(daemon: Daemon, model: string): Promise<string[]> {
  const { text } = await send(`${daemon.metrics}/metrics?name[]=marserve_worker_lines_dropped_total`);
  const dropped = Number(new RegExp(`model_name="${model}",model_version="1.0"\\} (\\d+)`).exec(text)?.[1] ?? 0);
  const answer = await sendJson(`${daemon.inference}/predictions/${model}`, 1);
  return [
    ...(dropped > 0 ? [] : [`no line of ${model} was dropped`]),
    ...(answer.text === 'fine' ? [] : [`${model} answers ${answer.status} ${answer.text}`]),
  ];
}
