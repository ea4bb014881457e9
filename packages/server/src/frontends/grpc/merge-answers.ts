/** The answers to the requests of one stream, as they come. */

/** How the requests of a stream are answered. */
export interface MergeOptions<Request, Part> {
  /** The parts of the answer to one. */
  readonly answer: (request: Request) => AsyncIterator<Part>;
  /** How many are answered at a time. */
  readonly most: number;
  /** Resolves when nobody takes the answers any more. */
  readonly left: Promise<void>;
}

/**
 * A request is asked for while fewer are being answered, and a part when those before it were taken. Ends when all are answered, or
 * nobody takes them.
 * @throws what an answer throws, and, when those before are answered, what `requests` throws
 */
export async function* mergeAnswers<Request, Part>(
  requests: AsyncIterator<Request>,
  { answer, most, left }: MergeOptions<Request, Part>,
): AsyncGenerator<Part> {
  const steps = new Steps<Request, Part>();
  const open = new Set<AsyncIterator<Part>>();
  let state: 'idle' | 'asked' | 'over' = 'idle';
  let failure: { readonly error: unknown } | undefined;
  left.then(() => steps.add({ kind: 'left' }), noReason);
  try {
    for (;;) {
      if (state === 'idle' && open.size < most) {
        state = 'asked';
        steps.watch(requests.next(), (result) => ({ kind: 'request', result }), 'end');
      }
      if (state === 'over' && open.size === 0) break;
      const step = await steps.next();
      if (step.kind === 'left') return;
      if (step.kind === 'failure') throw step.error;
      if (step.kind === 'end') {
        state = 'over';
        failure = step;
      } else if (step.kind === 'request') {
        state = step.result.done === true ? 'over' : 'idle';
        if (step.result.done === true) continue;
        const parts = answer(step.result.value);
        open.add(parts);
        steps.watch(parts.next(), (result) => ({ kind: 'part', parts, result }));
      } else if (step.result.done === true) open.delete(step.parts);
      else {
        yield step.result.value;
        const { parts } = step;
        steps.watch(parts.next(), (result) => ({ kind: 'part', parts, result }));
      }
    }
    if (failure !== undefined) throw failure.error;
  } finally {
    // What is under way ends by itself, when its caller is gone; whoever sends does not wait for that.
    for (const parts of open) parts.return?.().catch(noReason);
  }
}

/** What can be next. */
type Step<Request, Part> =
  | { readonly kind: 'request'; readonly result: IteratorResult<Request> }
  | { readonly kind: 'part'; readonly parts: AsyncIterator<Part>; readonly result: IteratorResult<Part> }
  /** Of an answer. */
  | { readonly kind: 'failure'; readonly error: unknown }
  /** Of the requests. */
  | { readonly kind: 'end'; readonly error: unknown }
  | { readonly kind: 'left' };

/** Steps in the order in which they came. A race of promises would hold on to each loser as long as the stream lasts. */
class Steps<Request, Part> {
  readonly #waiting: Step<Request, Part>[] = [];
  #wake = () => {};

  /** @param failed what a rejection is */
  watch<T>(
    result: Promise<T>,
    toStep: (result: T) => Step<Request, Part>,
    failed: 'failure' | 'end' = 'failure',
  ): void {
    result.then(
      (value) => this.add(toStep(value)),
      (error: unknown) => this.add({ kind: failed, error }),
    );
  }

  add(step: Step<Request, Part>): void {
    this.#waiting.push(step);
    this.#wake();
  }

  async next(): Promise<Step<Request, Part>> {
    for (;;) {
      const step = this.#waiting.shift();
      if (step !== undefined) return step;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

function noReason(): void {}
