/** `npm run bench`: chooses the scenarios, has them measured, says and writes what came of it. */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { watchStolenShare } from './busy.ts';
import { closeOnSignal, createCleanup, type Cleanup } from './cleanup.ts';
import { describeMachine, type Machine } from './machine.ts';
import { measureLimits, measureRevisions } from './measure.ts';
import { HELP, readOptions, type Options } from './options.ts';
import { inBench } from './paths.ts';
import { measurePeers, PEER_MODELS } from './peer-run/main.ts';
import { PEERS } from './peers/index.ts';
import { createProgress, formatDuration, totalSeconds } from './progress.ts';
import { digestProfiles } from './profile/digest.ts';
import { profileEnvironment } from './profile/environment.ts';
import { COMPARISON, COMPLETE, PARTIAL, writeReport, type Failure, type ReportNames } from './report-file.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { renderScenarios, renderTable } from './table.ts';
import { FULL, QUICK } from './timing.ts';

/** Shares of the machine. */
const BUSY = 0.1;
const NOTICED_SHARE = 0.01;
const KNOWN = {
  scenarios: SCENARIOS.map(({ name }) => name),
  peers: PEERS.map(({ name }) => name),
  models: PEER_MODELS,
};

try {
  await main(readOptions(process.argv.slice(2), KNOWN));
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

async function main(options: Options): Promise<void> {
  if (options.action === 'help') return say(HELP);
  if (options.action === 'list') return say(renderScenarios(SCENARIOS));
  const cleanup = createCleanup();
  closeOnSignal(cleanup);
  try {
    await (options.peers === undefined ? run(options, cleanup) : measurePeers(options, options.peers, cleanup));
  } catch (error) {
    // What was ended by a signal fails in many ways, none of which is news.
    if (!cleanup.isClosed) throw error;
  } finally {
    await cleanup.close();
  }
}

async function run(options: Options, cleanup: Cleanup): Promise<void> {
  const timing = options.isQuick ? QUICK : FULL;
  const scenarios = SCENARIOS.filter(({ name }) => options.only?.includes(name) ?? true);
  const machine = await describeMachine();
  const stolenSince = await watchStolenShare();
  announce(machine, `${scenarios.length} scenarios, about ${formatDuration(totalSeconds(scenarios, timing))}`);
  const folder = options.output ?? inBench('results');
  const profiles = options.isProfiled ? await makeEmpty(path.resolve(folder, 'profiles')) : undefined;
  const env = profiles === undefined ? {} : profileEnvironment(profiles);
  const measuring = { timing, cleanup, env, progress: createProgress(scenarios, timing) };
  const outcome =
    options.compare === undefined
      ? await measureLimits(scenarios, measuring)
      : await measureRevisions(scenarios, { before: options.compare, after: machine.revision }, measuring);
  const stolenShare = await stolenSince();
  const files = await writeReport(folder, namesOf(options), {
    machine: { ...machine, stolenShare },
    timing,
    ...outcome,
  });
  if (profiles !== undefined) say(`${await digestProfiles(profiles)}\n`);
  say(renderTable(outcome.results, outcome.sides));
  if (stolenShare >= NOTICED_SHARE)
    say(`The hypervisor gave ${percent(stolenShare)} of the machine to others meanwhile.`);
  for (const file of files) say(path.relative(process.cwd(), file));
  refuseFailures(outcome.failures);
}

function announce({ busyShare }: Machine, what: string): void {
  say(`${what}. Leave the machine alone meanwhile.`);
  if (busyShare < BUSY) return;
  say(`WARNING: ${percent(busyShare)} of it is busy with other things, and the numbers will be worth little.`);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function namesOf({ only, isQuick, isProfiled, compare }: Options): ReportNames {
  if (compare !== undefined) return COMPARISON;
  return only === undefined && !isQuick && !isProfiled ? COMPLETE : PARTIAL;
}

function refuseFailures(failures: readonly Failure[]): void {
  if (failures.length === 0) return;
  throw new Error(`not measured:${failures.map(({ name, message }) => `\n  ${name}: ${message}`).join('')}`);
}

async function makeEmpty(folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
