/** What a scenario is, and what comes out of it. */
import type { Incident, LoadResult } from '../helpers/load.ts';
import type { Random } from '../helpers/random.ts';

/** `short` is for every run of the tests, `long` for `npm run chaos`. */
export type Intensity = 'short' | 'long';

/** What a scenario is given. */
export interface Chaos {
  readonly intensity: Intensity;
  readonly random: Random;
  /** What is to be ended with the scenario, however it ends: the last first, and at once when it has ended. */
  readonly defer: (close: () => Promise<unknown>) => void;
  /** Tells how far it is. @throws when its time is over */
  readonly say: (text: string) => void;
}

/** @throws whatever keeps it from throwing what it should, or from counting */
export type Scenario = (chaos: Chaos) => Promise<ChaosResult>;

export interface ChaosResult {
  /** What was thrown, in a few words with numbers. */
  readonly thrown: string;
  readonly requests: number;
  /** Answered right. */
  readonly ok: number;
  /** Refused as a server may that is full or stops: in words, with a hint when to come again, or before it took the request. */
  readonly refused: number;
  /** Answered with an error that should not be. */
  readonly failed: number;
  /** Without a whole answer. */
  readonly lost: number;
  /** Answered with something else than what was asked for. */
  readonly wrong: number;
  /** What else was counted and measured, by name; units are in the names. */
  readonly facts: Readonly<Record<string, number | string>>;
  /** Everything that should not be; empty when all is well. */
  readonly problems: readonly string[];
  readonly verdict: 'passed' | 'failed' | 'skipped';
}

export interface Findings {
  readonly thrown: string;
  readonly load: LoadResult;
  readonly facts?: ChaosResult['facts'];
  /** Beside those of the load. */
  readonly problems?: readonly string[];
}

const EXAMPLES = 3;

/** Nothing may fail, get lost or be wrong, and there must have been something to go wrong. */
export function conclude({ thrown, load, facts = {}, problems: others = [] }: Findings): ChaosResult {
  const { requests, ok, refused, failed, lost, wrong } = load;
  const idle = ok === 0 ? ['no request was answered right'] : [];
  const problems = [...complaints({ failed, lost, wrong }), ...idle, ...others];
  const counts = { requests, ok, refused, failed: failed.length, lost: lost.length, wrong: wrong.length };
  return { thrown, ...counts, facts, problems, verdict: problems.length === 0 ? 'passed' : 'failed' };
}

/** For a machine that lacks what the scenario needs. */
export function skip(reason: string): ChaosResult {
  const none = { requests: 0, ok: 0, refused: 0, failed: 0, lost: 0, wrong: 0 };
  return { thrown: `nothing: ${reason}`, ...none, facts: {}, problems: [], verdict: 'skipped' };
}

/** The counts of several loads as those of one. */
export function addUp(loads: readonly LoadResult[]): LoadResult {
  const sum = (of: (load: LoadResult) => number) => loads.reduce((total, load) => total + of(load), 0);
  return {
    requests: sum(({ requests }) => requests),
    ok: sum(({ ok }) => ok),
    refused: sum(({ refused }) => refused),
    failed: loads.flatMap(({ failed }) => failed),
    lost: loads.flatMap(({ lost }) => lost),
    wrong: loads.flatMap(({ wrong }) => wrong),
    slowestMs: Math.max(0, ...loads.map(({ slowestMs }) => slowestMs)),
  };
}

function complaints(incidents: Readonly<Record<string, readonly Incident[]>>): string[] {
  return Object.entries(incidents)
    .filter(([, list]) => list.length > 0)
    .map(
      ([kind, list]) => `${list.length} ${kind}, such as:\n${list.slice(0, EXAMPLES).map(describeIncident).join('\n')}`,
    );
}

function describeIncident({ index, askedAt, endedAt, status, message }: Incident): string {
  const times = `asked after ${Math.round(askedAt)} ms, ended after ${Math.round(endedAt)} ms`;
  return `  question ${index} (${times}): ${status ?? 'no status'} ${message}`;
}
