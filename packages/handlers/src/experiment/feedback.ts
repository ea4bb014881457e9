/** What came of a request. */

/** Rewards for the arms that answered a request. */
export interface Feedback {
  /** Id of the request; undefined where nobody knows it, and `route` says the arms. */
  readonly request?: string | undefined;
  /** Names this feedback: one that comes again is not counted again. Default: the id of the request. */
  readonly id?: string | undefined;
  /** Experiment → arm, for requests that are not known; those that are must have it so. `MODEL/EXPERIMENT` for another model's. */
  readonly route?: Readonly<Record<string, string>> | undefined;
  /** One for the request, or one for each of its instances; finite. */
  readonly rewards: readonly number[];
  /** Whose decisions count beside those of this model: models that it asks. Default: none. */
  readonly nested?: readonly string[] | undefined;
  /** Why an experiment does not take them; undefined where it does. Without `items`, nobody knows how many instances there were. */
  readonly problem?:
    ((experiment: string, rewards: readonly number[], items?: number) => string | undefined) | undefined;
}

/** A feedback that counts for an experiment. */
export interface CountedFeedback {
  /** Id of the request; undefined where its route alone was told. */
  readonly requestId?: string | undefined;
  /** Which has answered it. */
  readonly arm: string;
  /** One for the request, or one for each of its instances. */
  readonly rewards: readonly number[];
  /** What the policy went by; undefined where it said nothing, and where the request is not known. */
  readonly features?: unknown;
}

/**
 * What the document of an experiment becomes by feedback that counts for it, each for the first and only time. It may be called again
 * where another process was quicker, and never throws.
 */
export type Learner = (document: unknown, counted: readonly CountedFeedback[]) => unknown;

/** What became of a feedback. */
export type FeedbackOutcome =
  /** It counts for these arms. */
  | { readonly kind: 'counted'; readonly route: Readonly<Record<string, string>> }
  /** One of the same name was counted before. */
  | { readonly kind: 'repeated' }
  /** No decision of that request is known, and no arm is named. */
  | { readonly kind: 'unknown' }
  /** It does not fit what was decided, or what the experiment takes. */
  | { readonly kind: 'refused'; readonly problem: string };
