/** A question to a unit of a graph, in the time that is left, and what its answer says of how it went. */
import { isPlainObject } from '../../model-config.ts';
import { PredictionError } from '../../prediction-error.ts';
import type { GraphTrace } from '../../graph/graph-trace.ts';
import type { PredictorCall } from '../../transformer/predictor.ts';
import { predictorError } from '../../transformer/predictor-error.ts';
import { valueText } from '../../tensor/tensor-json.ts';
import type { SeldonMessage, SeldonMethod } from '../seldon-message.ts';
import { isFailed, statusCodeOf } from '../status-code.ts';
import type { OpenUnit } from './open-unit.ts';
import type { SeldonUnit } from './seldon-unit.ts';

/** One request. */
export interface UnitRun {
  /** All units of the graph. */
  readonly units: ReadonlyMap<SeldonUnit, OpenUnit>;
  /** For whom they are asked. */
  readonly call: Omit<PredictorCall, 'timeoutMs'>;
  /** When nobody waits any more, by `performance.now`. */
  readonly endsAt: number;
  /** Which child each unit took, by its name; filled on the way. */
  readonly routes: Map<string, number>;
  /** Told of its way. */
  readonly trace: GraphTrace;
}

/** An answer of a unit that says itself that it is none, or that the client is to have another status: the graph ends with it. */
export class ToldStatus extends Error {
  override readonly name = 'ToldStatus';
  /** Of HTTP. */
  readonly status: number;
  /** The answer, as it came. */
  readonly answer: SeldonMessage;

  constructor(unit: string, status: number, answer: SeldonMessage) {
    super(`Unit "${unit}": ${answer.status?.info ?? `its answer has the status ${status}`}`);
    this.status = status;
    this.answer = answer;
  }
}

/** A question. */
export interface UnitQuestion {
  /** Who is asked. */
  readonly unit: SeldonUnit;
  /** What of it. */
  readonly method: SeldonMethod;
  /** A message, a list of them, or a feedback. */
  readonly body: unknown;
}

/** @throws PredictionError with the unit's name; ToldStatus */
export async function askUnit({ unit, method, body }: UnitQuestion, run: UnitRun): Promise<SeldonMessage> {
  const startedAt = performance.now();
  let failed = true;
  try {
    const answer = await askInTime({ unit, method, body }, run, run.endsAt - startedAt);
    if (!isPlainObject(answer)) throw new PredictionError(`expected a message, got ${valueText(answer)}`, 502);
    const status = statusCodeOf(answer) ?? (isFailed(answer) ? 500 : 200);
    failed = status !== 200;
    if (failed) throw new ToldStatus(unit.name, status, answer);
    return answer;
  } catch (error) {
    throw named(unit, predictorError(error));
  } finally {
    run.trace.asked({ step: unit, ms: performance.now() - startedAt, failed });
  }
}

function askInTime({ unit, method, body }: UnitQuestion, run: UnitRun, timeoutMs: number): Promise<unknown> {
  const opened = run.units.get(unit);
  if (opened === undefined) throw new PredictionError('it is not open', 503);
  if (timeoutMs <= 0) throw new PredictionError('its time is over', 504);
  return opened.ask(method, body, { ...run.call, ...(timeoutMs < Infinity && { timeoutMs }) });
}

function named({ name }: SeldonUnit, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ToldStatus) return error;
  const status = 'status' in error && typeof error.status === 'number' ? error.status : 500;
  const told = new PredictionError(`Unit "${name}": ${error.message}`, status);
  told.cause = error;
  return told;
}
