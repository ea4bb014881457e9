/** The headers by which the endpoints tell the codec what is asked of experiments. */
import type { ExperimentOperation } from '@marserve/handlers/experiment';

/** What is asked, and of which experiment. */
export interface AskedOperation {
  /** Which one. */
  readonly operation: ExperimentOperation;
  /** Name of one of several; undefined where none is named. */
  readonly experiment?: string | undefined;
}

const HEADER = 'experiment-operation';

/** Name and value, to come after those of the client. */
export function operationHeader(asked: AskedOperation): readonly [string, string] {
  return [HEADER, JSON.stringify(asked)];
}

/** @param headers names and values in turn, whose last are those of `operationHeader` */
export function operationOf(headers: readonly string[]): AskedOperation {
  return JSON.parse(headers.at(-1) ?? '') as AskedOperation;
}
