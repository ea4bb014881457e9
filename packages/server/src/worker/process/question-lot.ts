/** Questions of one turn that may be one, and who waits for their answers. */
import type { LocalModelFacts, ModelQuestion } from '@marserve/handlers/context';
import { areAlike, bytesOf, type Tensors } from './joint-tensors.ts';
import { nobodyWaits } from './nobody-waits.ts';
import type { Peer } from './peer.ts';

// A handler may replace what is global.
const now = performance.now.bind(performance);

/** What may share a question: larger ones have more to gain by not being copied. */
const MOST_BYTES = 16 * 1024;
/** Of a shared one. */
const MOST_REQUESTS = 256;
/** Times until the answer that differ by less are the same. */
const TIME_SHARE = 0.99;

/** The request of a batch that asks. */
export interface AskingRequest {
  /** Gave the batch. */
  readonly peer: Peer;
  /** The batch. */
  readonly batch: number;
  /** Its place in the batch. */
  readonly request: number;
}

/** One of several. */
export class LotMember {
  /** As it would be asked by itself. */
  readonly question: ModelQuestion;
  /** For whom. */
  readonly by: AskingRequest;
  /** All that it asks with. */
  readonly tensors: Tensors;
  /** How many rows they have. */
  readonly rows: number;
  /** Its answer, whoever else asks with it. */
  readonly answer: Promise<unknown>;
  /** Whether it has an answer, or needs none. */
  isOver = false;
  readonly #askedAt = now();
  /** Called when it is over before it is answered. */
  onLeft = (): void => {};
  #resolve: (answer: unknown) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor({ question, by, tensors, rows }: Pick<LotMember, 'question' | 'by' | 'tensors' | 'rows'>) {
    this.question = question;
    this.by = by;
    this.tensors = tensors;
    this.rows = rows;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** How long its answer may take from now on, in milliseconds; Infinity for no limit. */
  get leftMs(): number {
    const { timeoutMs = Infinity } = this.question;
    return timeoutMs === Infinity ? Infinity : timeoutMs - (now() - this.#askedAt);
  }

  /** It is over, with this answer. */
  succeed(answer: unknown): void {
    this.isOver = true;
    this.#resolve(answer);
  }

  /** It is over, with this error. */
  fail(error: unknown): void {
    this.isOver = true;
    this.#reject(error);
  }

  /** Nobody waits for it any more. */
  leave(): void {
    this.fail(nobodyWaits());
    this.onLeft();
  }
}

/** Questions to one model that may be one. */
export class QuestionLot {
  /** What is known of the model. */
  readonly facts: LocalModelFacts;
  readonly #members: LotMember[] = [];
  #bytes = 0;

  constructor(facts: LocalModelFacts) {
    this.facts = facts;
  }

  /** Those that still wait. */
  get waiting(): LotMember[] {
    return this.#members.filter(({ isOver }) => !isOver);
  }

  /** Whoever gave the batch that all of them are of. */
  get peer(): Peer | undefined {
    return this.#members[0]?.by.peer;
  }

  /** Takes it in, where it makes no difference to it or to the others; a first one if it is small. @returns whether it did */
  add(member: LotMember): boolean {
    const bytes = bytesOf(member.tensors);
    if (bytes > MOST_BYTES || !this.#takes(member, bytes)) return false;
    this.#members.push(member);
    this.#bytes += bytes;
    return true;
  }

  #takes({ question, by, tensors }: LotMember, bytes: number): boolean {
    const [first] = this.#members;
    if (first === undefined) return true;
    const { model, isBackground = false, timeoutMs = Infinity } = question;
    const { model: other, isBackground: others = false, timeoutMs: otherMs = Infinity } = first.question;
    return (
      model.name === other.name &&
      model.version === other.version &&
      isBackground === others &&
      (timeoutMs === otherMs || Math.min(timeoutMs, otherMs) > TIME_SHARE * Math.max(timeoutMs, otherMs)) &&
      by.peer === first.by.peer &&
      by.batch === first.by.batch &&
      this.#members.length < Math.min(this.facts.sharedBy ?? 1, MOST_REQUESTS) &&
      this.#bytes + bytes <= MOST_BYTES * MOST_REQUESTS &&
      areAlike(first.tensors, tensors)
    );
  }
}

/** Aborts when all have left; undefined where none can. */
export function signalOf(members: readonly LotMember[]): AbortSignal | undefined {
  if (members.some(({ question }) => question.signal === undefined)) return undefined;
  const controller = new AbortController();
  for (const member of members) {
    member.onLeft = () => {
      if (members.every(({ isOver }) => isOver)) controller.abort();
    };
  }
  return controller.signal;
}
