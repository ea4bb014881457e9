/** Golden requests of a canary: both arms are asked. */
import { toError } from '../../../base/stages.ts';
import { stringifyJson } from '../../../json.ts';
import { instancesOf, type GraphValue } from '../../graph-value.ts';
import { isAlike } from '../same-answer.ts';
import type { RunBeside } from '../router-policy.ts';

/** A request, and its answer. */
export interface GoldenCase {
  /** What is asked. */
  readonly request: GraphValue;
  /** What it is to be answered with; undefined for what stable answers. */
  readonly expect?: readonly unknown[] | undefined;
}

/** What they come to. */
export interface GoldenVerdict {
  /** What is wrong with the canary. */
  readonly problem?: string;
  /** What is wrong with the requests themselves, or with stable: nothing is known of the canary then. */
  readonly doubt?: string;
}

/** How they are asked. */
export interface GoldenOptions {
  /** Asks an arm. */
  readonly ask: RunBeside;
  /** Numbers may differ by so much. */
  readonly tolerance: number;
}

const TIMEOUT_MS = 10_000;

/** One after the other; ends at the first that is not well answered. Never rejects. */
export async function askGolden(cases: readonly GoldenCase[], options: GoldenOptions): Promise<GoldenVerdict> {
  for (const [index, each] of cases.entries()) {
    const verdict = await askCase(each, options);
    const place = `golden request ${index + 1} of ${cases.length}`;
    if (verdict.problem !== undefined) return { problem: `${place}: ${verdict.problem}` };
    if (verdict.doubt !== undefined) return { doubt: `${place}: ${verdict.doubt}` };
  }
  return {};
}

async function askCase({ request, expect }: GoldenCase, { ask, tolerance }: GoldenOptions): Promise<GoldenVerdict> {
  const [stable, canary] = await Promise.all(
    ['stable', 'canary'].map((arm) => answerOf(() => ask(arm, request, { timeoutMs: TIMEOUT_MS }))),
  );
  if (stable instanceof Error || stable === undefined) return { doubt: `stable does not answer: ${stable?.message}` };
  const expected = expect ?? stable;
  if (!isAlike(stable, expected, tolerance)) return { doubt: `stable answers ${textOf(stable)} itself` };
  if (canary instanceof Error) return { problem: `the canary does not answer: ${canary.message}` };
  if (isAlike(canary, expected, tolerance)) return {};
  return { problem: `the canary answers ${textOf(canary)}, expected ${textOf(expected)}` };
}

const MOST_CHARS = 200;

function textOf(value: unknown): string {
  const text = stringifyJson(value);
  return text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text;
}

async function answerOf(ask: () => Promise<GraphValue>): Promise<readonly unknown[] | Error> {
  try {
    return instancesOf(await ask());
  } catch (error) {
    return toError(error);
  }
}
