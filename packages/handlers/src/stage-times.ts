/** How long the stages of a handler took: `BaseHandler` reports it through the batch's context, for whoever runs the batch. */

/** The stages that `BaseHandler` has. */
export type StageName = 'preprocess' | 'inference' | 'postprocess';

/** Milliseconds that a batch spent in each stage; a stage that did not run, or that nobody reported, is not there. */
export type StageTimes = { [Stage in StageName as `${Stage}Ms`]?: number };

/** A context that takes times; beside the handler's contract, since only `BaseHandler` has stages. */
export interface StageTimer {
  /** Adds to what the stage took already: a handler may take a batch through its stages in parts. */
  addStageTime(stage: StageName, milliseconds: number): void;
}

/** By its shape: a handler may carry its own copy of this package, or be given a context of its test's own making. */
export function isStageTimer(context: object): context is StageTimer {
  return 'addStageTime' in context;
}
