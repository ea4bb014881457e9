/** What people are told of a canary. */
import type { CanaryConfig } from './canary-config.ts';
import { weightOf, type CanaryMove, type CanaryState } from './canary-state.ts';
import { p99Of } from './latencies.ts';
import type { Tallies, Tally } from './tally.ts';

/** As the state of the experiment shows it. */
export function canaryReport(state: CanaryState, config: CanaryConfig) {
  const { status, step, heldMs, tallies, moves } = state;
  return {
    status,
    weight: weightOf(state, config),
    step: step + 1,
    steps: config.steps.map(({ weight, forMs }) => ({ weight, for_s: forMs / 1000 })),
    held_s: Math.round(heldMs) / 1000,
    requests_wanted: Math.max(0, config.guards.minRequests - tallies.canary.requests),
    ...numbersOf(tallies),
    moves: moves.map(({ at, ...move }) => ({ at: new Date(at).toISOString(), ...move })),
  };
}

/** A change of the state. */
export interface StateChange {
  /** What it was. */
  readonly before: CanaryState;
  /** What it is. */
  readonly after: CanaryState;
  /** What was known when it was changed. */
  readonly tallies: Tallies;
}

/** A line of the log. */
export interface MoveLine {
  /** `warn` for a roll-back. */
  readonly level: 'info' | 'warn';
  /** Where it has moved, and why. */
  readonly message: string;
  /** The numbers. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Undefined where it has not moved. */
export function moveLine({ before, after, tallies }: StateChange, { name }: CanaryConfig): MoveLine | undefined {
  const [latest, former] = [after.moves.at(-1), before.moves.at(-1)];
  if (latest === undefined || isSame(latest, former)) return undefined;
  const { status, weight, reason } = latest;
  return {
    level: status === 'rolled_back' ? 'warn' : 'info',
    message: `canary "${name}" is ${status.replace('_', ' ')}, with ${weight} % of the requests: ${reason}`,
    fields: { router: name, status, weight, step: after.step + 1, reason, ...numbersOf(tallies) },
  };
}

function isSame(one: CanaryMove, other: CanaryMove | undefined): boolean {
  return one.at === other?.at && one.status === other.status && one.weight === other.weight;
}

function numbersOf({ stable, canary }: Tallies) {
  return { stable: numbers(stable), canary: numbers(canary) };
}

function numbers({ requests, failed, refused, latencies }: Tally) {
  const p99 = p99Of(latencies);
  return { requests, failed, refused, ...(p99 !== undefined && { p99_ms: Number(p99.toPrecision(3)) }) };
}
