/** Where a canary is, as all workers know it: a document, and how it changes. */
import { isPlainObject } from '../../../model-config.ts';
import { brokenGuard, type Guards } from './guards.ts';
import { addedTallies, NO_TALLIES, NO_TALLY, type Tallies } from './tally.ts';

/** A step towards all requests. */
export interface CanaryStep {
  /** Requests of a hundred that go to the canary. */
  readonly weight: number;
  /** How long, in milliseconds. */
  readonly forMs: number;
}

/** What decides where it goes. */
export interface CanaryPlan {
  /** At least one. */
  readonly steps: readonly CanaryStep[];
  /** What it must not do. */
  readonly guards: Guards;
  /** Whether golden requests are to be answered before each move forward. */
  readonly hasGolden: boolean;
}

/** Where it is. */
export type CanaryStatus = 'waiting' | 'running' | 'paused' | 'promoted' | 'rolled_back';

/** One of its moves. */
export interface CanaryMove {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What it became. */
  readonly status: CanaryStatus;
  /** Requests of a hundred since then. */
  readonly weight: number;
  /** Why. */
  readonly reason: string;
}

/** The document. */
export interface CanaryState {
  /** `waiting` until the canary can serve and golden requests are answered. */
  readonly status: CanaryStatus;
  /** Place among the steps. */
  readonly step: number;
  /** The time of the step that has passed while workers ran, in milliseconds: a clock that jumps changes nothing. */
  readonly heldMs: number;
  /** When that was last counted, in milliseconds since 1970. */
  readonly tickedAt: number;
  /** Whether golden requests were answered for its next move. */
  readonly isGolden: boolean;
  /** What came of requests. */
  readonly tallies: Tallies;
  /** The latest ones, the newest last. */
  readonly moves: readonly CanaryMove[];
}

/** Before anything is known. */
export const INITIAL: CanaryState = {
  status: 'waiting',
  step: 0,
  heldMs: 0,
  tickedAt: 0,
  isGolden: false,
  tallies: NO_TALLIES,
  moves: [],
};

/** What has come to be known since the last time. */
export interface CanaryNews {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What came of requests. */
  readonly tallies: Tallies;
  /** Why the canary cannot serve; undefined when it can. */
  readonly problem: string | undefined;
  /** What golden requests came to, where they were asked; their problem is undefined when they are well answered. */
  readonly golden?: { readonly place: string; readonly problem: string | undefined } | undefined;
  /** What somebody wants. */
  readonly command?: CanaryCommand | undefined;
}

/** By hand. */
export type CanaryCommand = 'pause' | 'resume' | 'promote' | 'abort' | 'restart';

/** Workers count time each second; of a longer time between, as of a clock that jumps, this is what counts. */
const LONGEST_TICK_MS = 5000;
const MOST_MOVES = 20;

/** Requests of a hundred that go to the canary. */
export function weightOf({ status, step }: CanaryState, { steps }: CanaryPlan): number {
  if (status === 'promoted') return 100;
  if (status === 'waiting' || status === 'rolled_back') return 0;
  return steps[step]?.weight ?? 0;
}

/** What golden requests are for: what they say of one place says nothing of another. */
export function placeOf({ status, step }: CanaryState): string {
  return `${status} ${step}`;
}

/** Whether it could move on but for golden requests. */
export function wantsGolden(state: CanaryState, plan: CanaryPlan, problem: string | undefined): boolean {
  if (!plan.hasGolden || state.isGolden) return false;
  return (
    (state.status === 'waiting' && problem === undefined) || (state.status === 'running' && isStepOver(state, plan))
  );
}

/** What a document becomes with the news. */
export function nextState(old: CanaryState, plan: CanaryPlan, news: CanaryNews): CanaryState {
  const known = withNews(old, news);
  const to = moveTo(known, plan, news);
  return to === undefined ? known : moved(known, plan, { ...to, at: news.now });
}

function withNews(old: CanaryState, { now, tallies, golden }: CanaryNews): CanaryState {
  const elapsed = Math.min(Math.max(now - old.tickedAt, 0), LONGEST_TICK_MS);
  return {
    ...old,
    heldMs: old.status === 'running' ? old.heldMs + elapsed : old.heldMs,
    tickedAt: now,
    isGolden: old.isGolden || (golden?.place === placeOf(old) && golden.problem === undefined),
    tallies: addedTallies(old.tallies, tallies),
  };
}

/** Where it moves, and why. */
type Move = Pick<CanaryState, 'status' | 'step'> & { readonly reason: string };

function moveTo(state: CanaryState, plan: CanaryPlan, { command, golden, problem }: CanaryNews): Move | undefined {
  const { status, step, isGolden } = state;
  if (command !== undefined) return commandedMove(state, command);
  if (status === 'promoted' || status === 'rolled_back') return undefined;
  const broken = golden?.problem ?? brokenGuard(plan.guards, state.tallies);
  if (broken !== undefined) return { status: 'rolled_back', step, reason: broken };
  if (plan.hasGolden && !isGolden) return undefined;
  if (status === 'waiting') return problem === undefined ? { status: 'running', step: 0, reason: READY } : undefined;
  if (status === 'paused' || !isStepOver(state, plan)) return undefined;
  const reason = `${state.tallies.canary.requests} requests of the canary were within the guards`;
  return step + 1 < plan.steps.length
    ? { status: 'running', step: step + 1, reason }
    : { status: 'promoted', step, reason };
}

const READY = 'the canary is ready';

function isStepOver({ step, heldMs, tallies }: CanaryState, { steps, guards }: CanaryPlan): boolean {
  return heldMs >= (steps[step]?.forMs ?? 0) && tallies.canary.requests >= guards.minRequests;
}

/** One that is over can only begin again. */
function commandedMove({ status, step }: CanaryState, command: CanaryCommand): Move | undefined {
  const reason = `by hand: ${command}`;
  if (command === 'restart') return { status: 'waiting', step: 0, reason };
  if (status === 'promoted' || status === 'rolled_back') return undefined;
  if (command === 'promote') return { status: 'promoted', step, reason };
  if (command === 'abort') return { status: 'rolled_back', step, reason };
  if (command === 'pause') return status === 'running' ? { status: 'paused', step, reason } : undefined;
  return status === 'paused' ? { status: 'running', step, reason } : undefined;
}

function moved(state: CanaryState, plan: CanaryPlan, { status, step, reason, at }: Move & { readonly at: number }) {
  const isOfSameStep = step === state.step && status !== 'waiting' && state.status !== 'waiting';
  const { stable, canary } = state.tallies;
  const next: CanaryState = {
    ...state,
    status,
    step,
    isGolden: false,
    // A pause, and an end, leave to be seen what there was.
    heldMs: isOfSameStep ? state.heldMs : 0,
    tallies: { stable: status === 'waiting' ? NO_TALLY : stable, canary: isOfSameStep ? canary : NO_TALLY },
  };
  const move = { at, status, weight: weightOf(next, plan), reason };
  return { ...next, moves: [...state.moves, move].slice(-MOST_MOVES) };
}

/** What the store has of a canary of this plan; the initial state for anything else. */
export function readState(document: unknown): CanaryState {
  return isPlainObject(document) && Array.isArray(document['moves']) ? (document as unknown as CanaryState) : INITIAL;
}
