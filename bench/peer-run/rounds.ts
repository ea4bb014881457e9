/** Everybody takes a turn in each round, so that what slows the machine down slows down all. */
import type { BenchRun } from '../bench.ts';
import type { ModelName } from '../models/models.ts';
import { ROOT } from '../paths.ts';
import type { Contender } from '../peers/peer.ts';
import { summarizeTurns, type LeftOut, type PeerRow } from './report.ts';
import type { PeerTiming } from './timing.ts';
import { takeTurn, type Turn } from './turn.ts';

/** Who takes part, with the versions of what it is made of. */
export interface Entrant {
  readonly contender: Contender;
  readonly versions: Readonly<Record<string, string>>;
}

export interface RoundsOptions {
  readonly run: BenchRun;
  readonly models: readonly ModelName[];
  readonly timing: PeerTiming;
  readonly progress: RoundsProgress;
  /** Whether the run was told to end. */
  readonly isEnding: () => boolean;
}

export interface RoundsProgress {
  /** A turn begins, the first being 1 of 1. */
  begin(label: string, round: number): void;
  /** It has ended, with what came of it. */
  end(outcome: string): void;
}

/** A turn that fails does not keep the others from being measured. */
export async function runRounds(
  entrants: readonly Entrant[],
  options: RoundsOptions,
): Promise<{ rows: PeerRow[]; leftOut: LeftOut[] }> {
  const turns = new Map<Entrant, Turn[]>(entrants.map((entrant) => [entrant, []]));
  const leftOut: LeftOut[] = [];
  for (let round = 1; round <= options.timing.rounds; round += 1) {
    for (const entrant of entrants) {
      const { label } = entrant.contender;
      options.progress.begin(label, round);
      try {
        const turn = await turnOf(entrant, options);
        turns.get(entrant)?.push(turn);
        options.progress.end(describe(turn, options.models));
      } catch (error) {
        if (options.isEnding()) throw error;
        const { message } = error as Error;
        leftOut.push({ name: label, reason: `round ${round}: ${message}`, isFailure: true });
        options.progress.end(`FAILED: ${message}`);
      }
    }
  }
  return { rows: rowsOf(turns, options.models), leftOut };
}

async function turnOf({ contender }: Entrant, { run, models, timing }: RoundsOptions): Promise<Turn> {
  const bench = run.open(ROOT);
  try {
    return await takeTurn(contender, { bench, models, timing });
  } finally {
    await bench.close();
  }
}

function describe(turn: Turn, models: readonly ModelName[]): string {
  return models.map((model) => `${model} ${Math.round(turn.models[model]?.busy.throughput ?? 0)}/s`).join(', ');
}

/** Who has no turn has no row. */
function rowsOf(turns: ReadonlyMap<Entrant, readonly Turn[]>, models: readonly ModelName[]): PeerRow[] {
  return [...turns]
    .filter(([, taken]) => taken.length > 0)
    .map(([{ contender, versions }, taken]) => ({
      label: contender.label,
      settings: contender.settings,
      versions,
      ...summarizeTurns(taken, models),
    }));
}
