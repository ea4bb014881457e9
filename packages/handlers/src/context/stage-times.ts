/** How long the stages of a handler took: `BaseHandler` notes it in the batch's context, for whoever runs the batch. */

/** The stages that `BaseHandler` has. */
export type StageName = 'preprocess' | 'inference' | 'postprocess';

/** Milliseconds that a batch spent in each stage; a stage that did not run, or that nobody noted, is not there. */
export type StageTimes = { [Stage in StageName as `${Stage}Ms`]?: number };

/** Where a context has them: out of the handler's sight, and found as well by a handler with its own copy of this package. */
export const STAGE_TIMES: unique symbol = Symbol.for('marserve.stageTimes');

/** A context that takes times. */
export interface StageTimed {
  /** Added to while the handler runs. */
  readonly [STAGE_TIMES]: StageTimes;
}

const KEYS = {
  preprocess: 'preprocessMs',
  inference: 'inferenceMs',
  postprocess: 'postprocessMs',
} as const satisfies Record<StageName, keyof StageTimes>;

/** Adds to what the stage took already: a handler may take a batch through its stages in parts. Not every context takes it. */
export function addStageTime(context: object, stage: StageName, milliseconds: number): void {
  const times = (context as Partial<StageTimed>)[STAGE_TIMES];
  if (times !== undefined) times[KEYS[stage]] = (times[KEYS[stage]] ?? 0) + milliseconds;
}
