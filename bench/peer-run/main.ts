/** `npm run bench -- --peers`: makes the peers ready, has them measured, says and writes what came of it. */
import path from 'node:path';
import { createBenchRun } from '../bench.ts';
import { watchStolenShare } from '../busy.ts';
import type { Cleanup } from '../cleanup.ts';
import { describeMachine } from '../machine.ts';
import { MODELS, sampleRow, type ModelName } from '../models/models.ts';
import { nest } from '../models/nested.ts';
import type { Options, PeerOptions } from '../options.ts';
import { inBench } from '../paths.ts';
import { formatDuration } from '../progress.ts';
import { toJson, write } from '../report-file.ts';
import { FULL, QUICK } from '../timing.ts';
import { drawPeers } from './draw-peers.ts';
import { findEntrants } from './entrants.ts';
import type { LeftOut, ModelInfo, PeerReport } from './report.ts';
import { runRounds, type RoundsProgress } from './rounds.ts';
import { renderMarkdown, renderPeers } from './table.ts';
import { estimateTurn, FULL_PEERS, QUICK_PEERS } from './timing.ts';

/** In the order in which they are measured. */
export const PEER_MODELS = ['tiny', 'small', 'cnn'] as const satisfies readonly ModelName[];

/** @throws Error when something that was asked for was not measured; what was is written before */
export async function measurePeers(options: Options, peers: PeerOptions, cleanup: Cleanup): Promise<void> {
  const models = PEER_MODELS.filter((name) => options.only?.includes(name) ?? true);
  const usual = options.isQuick ? QUICK_PEERS : FULL_PEERS;
  const timing = { ...usual, rounds: peers.rounds ?? usual.rounds };
  const { entrants, leftOut } = await findEntrants(peers, { cleanup, say });
  const machine = await describeMachine();
  const stolenSince = await watchStolenShare();
  const seconds = timing.rounds * entrants.length * estimateTurn(timing, models.length);
  say(
    `${entrants.length} servers, ${timing.rounds} rounds, about ${formatDuration(seconds)}. Leave the machine alone meanwhile.`,
  );
  const run = await createBenchRun(options.isQuick ? QUICK : FULL);
  cleanup.add(() => run.close());
  const progress = createProgress(timing.rounds * entrants.length);
  const measured = await runRounds(entrants, { run, models, timing, progress, isEnding: () => cleanup.isClosed });
  const report: PeerReport = {
    machine: { ...machine, stolenShare: await stolenSince() },
    timing,
    models: models.map(describeModel),
    rows: measured.rows,
    leftOut: [...leftOut, ...measured.leftOut],
  };
  say(renderPeers(report));
  for (const file of await writeFiles(options, report)) say(path.relative(process.cwd(), file));
  refuseFailures(report.leftOut);
}

function createProgress(count: number): RoundsProgress {
  let index = 0;
  let current = '';
  return {
    begin(label, round) {
      index += 1;
      current = `[${index}/${count}] round ${round}, ${label}`;
      if (process.stdout.isTTY) process.stdout.write(current);
    },
    end(outcome) {
      process.stdout.write(`${process.stdout.isTTY ? '\r\u001b[K' : ''}${current}: ${outcome}\n`);
    },
  };
}

function describeModel(name: ModelName): ModelInfo {
  const model = MODELS[name];
  return { name, bodyBytes: JSON.stringify(nest(sampleRow(model), model.inputShape)).length };
}

/** A run that is not whole does not replace what is kept in git. */
async function writeFiles({ output, only, isQuick, peers }: Options, report: PeerReport): Promise<string[]> {
  const folder = output ?? inBench('results');
  const isWhole = only === undefined && !isQuick && peers?.names === undefined;
  const name = isWhole ? 'peers' : 'peers-partial';
  return [
    await write(folder, `${name}.json`, toJson(report)),
    await write(folder, `${name}.md`, renderMarkdown(report)),
    await write(folder, `${name}.svg`, drawPeers(report)),
  ];
}

function refuseFailures(leftOut: readonly LeftOut[]): void {
  const failures = leftOut.filter(({ isFailure }) => isFailure);
  if (failures.length === 0) return;
  throw new Error(`not measured:${failures.map(({ name, reason }) => `\n  ${name}: ${reason}`).join('')}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
