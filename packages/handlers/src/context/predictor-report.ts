/** What a handler whose model is elsewhere knows of that model: it tells whoever runs it. */

/** A model, as far as somebody says which one it is. */
export interface PredictorIdentity {
  /** Of the model; undefined where nobody says. */
  readonly name?: string | undefined;
  /** Of the model; several with commas between, for a server that tells all that it has. */
  readonly version?: string | undefined;
  /** `sha256:…` of the model, or `no digest` for one that has none; undefined where nobody says. */
  readonly digest?: string | undefined;
}

/**
 * - `right`: it is the one that is expected, as far as it tells
 * - `wrong`: it is another
 * - `unknown`: it could not be asked since it was last lost, or since the start
 */
export type PredictorState = 'right' | 'wrong' | 'unknown';

/** One host of a predictor. */
export interface PredictorHost {
  /** Its address. */
  readonly host: string;
  /** Whether it is the right one. */
  readonly state: PredictorState;
  /** What it said last that its model is. */
  readonly found?: PredictorIdentity | undefined;
}

/** All of them. */
export interface PredictorReport {
  /** Which model it should be. */
  readonly expected: PredictorIdentity;
  /** Those that have been asked. */
  readonly hosts: readonly PredictorHost[];
  /** Whether a host has another model than before, or is back after it was lost. */
  readonly isChanged: boolean;
}

/** Where a context has what is to be called: out of the handler's sight. */
export const PREDICTOR: unique symbol = Symbol.for('marserve.predictor');

/** A context that is told. */
export interface PredictorTold {
  /** Called when the report is another than the one before. */
  readonly [PREDICTOR]: (report: PredictorReport) => void;
}

/** Not every context takes it. */
export function tellPredictor(context: object, report: PredictorReport): void {
  (context as Partial<PredictorTold>)[PREDICTOR]?.(report);
}
