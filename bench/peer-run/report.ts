/** What a comparison of servers came to. */
import type { Machine } from '../machine.ts';
import type { ModelName } from '../models/models.ts';
import { summarizeSamples, type Summaries } from '../result.ts';
import type { PeerTiming } from './timing.ts';
import { LOADS, type LoadName, type Turn } from './turn.ts';

export interface PeerReport {
  readonly machine: Machine;
  readonly timing: PeerTiming;
  /** In the order in which they were measured. */
  readonly models: readonly ModelInfo[];
  readonly rows: readonly PeerRow[];
  /** Who was asked for, and is not among the rows, or not with all its turns. */
  readonly leftOut: readonly LeftOut[];
}

export interface ModelInfo {
  readonly name: ModelName;
  /** Of the row as JSON. */
  readonly bodyBytes: number;
}

/** A contender, and the medians of its turns. */
export interface PeerRow {
  readonly label: string;
  readonly settings: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly server: Summaries;
  readonly models: Readonly<Partial<Record<ModelName, Readonly<Record<LoadName, Summaries>>>>>;
}

export interface LeftOut {
  readonly name: string;
  readonly reason: string;
  /** Whether it was asked for, and so its absence is a failure of the run. */
  readonly isFailure: boolean;
}

/** Medians and spread. @throws RangeError for no turns */
export function summarizeTurns(
  turns: readonly Turn[],
  models: readonly ModelName[],
): Pick<PeerRow, 'server' | 'models'> {
  const ofModel = (model: ModelName) =>
    Object.fromEntries(
      LOADS.map((load) => [load, summarizeSamples(turns.map((turn) => turn.models[model]?.[load] ?? {}))]),
    );
  return {
    server: summarizeSamples(turns.map(({ server }) => server)),
    models: Object.fromEntries(models.map((model) => [model, ofModel(model)])),
  };
}
