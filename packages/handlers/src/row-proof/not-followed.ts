/** `mixes`: shown to depend on more than the row. `unknown`: nobody can tell from the graph. */
export type Doubt = 'mixes' | 'unknown';

/** A rule cannot say what its operator makes. */
export class NotFollowed extends Error {
  readonly doubt: Doubt;

  constructor(doubt: Doubt) {
    super(doubt);
    this.doubt = doubt;
  }
}

const DOUBTS = { mixes: new NotFollowed('mixes'), unknown: new NotFollowed('unknown') } as const;

/** To be thrown: always the same ones, since a stack trace for each would take most of the time. */
export function notFollowed(doubt: Doubt): NotFollowed {
  return DOUBTS[doubt];
}
