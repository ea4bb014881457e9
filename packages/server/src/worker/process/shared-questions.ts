/** Small questions that come in one turn of the event loop to the same model are one question, where that is no different. */
import type { LocalModel, LocalModelFacts, ModelQuestion } from '@marserve/handlers/context';
import { isPredictionError, PredictionError } from '@marserve/handlers/prediction-error';
import { areAlike, bytesOf, joined, rowsOf, takenApart, type Tensors } from './joint-tensors.ts';
import type { ModelAsks } from './model-asks.ts';
import { nobodyWaits } from './nobody-waits.ts';
import type { Peer } from './peer.ts';

// A handler may replace what is global.
const endOfTurn = setImmediate;
const now = performance.now.bind(performance);

/** Who asks in the end. */
export type Asks = Pick<ModelAsks, 'ask' | 'describe'>;

/** The request of a batch that asks. */
export interface AskingRequest {
  /** Gave the batch. */
  readonly peer: Peer;
  /** The batch. */
  readonly batch: number;
  /** Its place in the batch. */
  readonly request: number;
}

/** What may share a question: larger ones have more to gain by not being copied. */
const MOST_BYTES = 16 * 1024;
/** Of a shared one. */
const MOST_REQUESTS = 256;
/** What a turn of ordinary handlers has is less. */
const MOST_LOTS = 64;
/** What is known of a model is asked for again after so long, in milliseconds. */
const FACTS_AGE_MS = 1000;
const MOST_MODELS = 256;
/** Times until the answer that differ by less are the same. */
const TIME_SHARE = 0.99;

/** One of several. */
class Member {
  readonly question: ModelQuestion;
  readonly by: AskingRequest;
  readonly tensors: Tensors;
  readonly rows: number;
  readonly askedAt = now();
  readonly answer: Promise<unknown>;
  isOver = false;
  /** Called when it is over before it is answered. */
  onLeft = (): void => {};
  #resolve: (answer: unknown) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor({ question, by, tensors, rows }: Pick<Member, 'question' | 'by' | 'tensors' | 'rows'>) {
    this.question = question;
    this.by = by;
    this.tensors = tensors;
    this.rows = rows;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  succeed(answer: unknown): void {
    this.isOver = true;
    this.#resolve(answer);
  }

  fail(error: unknown): void {
    this.isOver = true;
    this.#reject(error);
  }

  leave(): void {
    this.fail(nobodyWaits());
    this.onLeft();
  }
}

/** Questions that may be one. */
class Lot {
  readonly members: Member[] = [];
  readonly facts: LocalModelFacts;
  bytes = 0;

  constructor(facts: LocalModelFacts) {
    this.facts = facts;
  }

  takes({ question, by, tensors }: Member, bytes: number): boolean {
    const [first] = this.members;
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
      this.members.length < Math.min(this.facts.sharedBy ?? 1, MOST_REQUESTS) &&
      this.bytes + bytes <= MOST_BYTES * MOST_REQUESTS &&
      areAlike(first.tensors, tensors)
    );
  }
}

interface KnownModel {
  facts: LocalModelFacts;
  /** When it was asked for, by the clock. */
  askedAt: number;
}

/** Of a worker. What a shared question fails with is nobody's: each is asked by itself then. */
export class SharedQuestions {
  readonly #asks: Asks;
  readonly #known = new Map<string, KnownModel>();
  #lots: Lot[] = [];

  constructor(asks: Asks) {
    this.#asks = asks;
  }

  /** See `ServerModels`. */
  ask(question: ModelQuestion, by: AskingRequest): Promise<unknown> {
    const member = this.#memberOf(question, by);
    if (member === undefined) return this.#alone(question, by);
    const { signal } = question;
    if (signal === undefined) return member.answer;
    const leave = () => member.leave();
    signal.addEventListener('abort', leave);
    return member.answer.finally(() => signal.removeEventListener('abort', leave));
  }

  /** Undefined for one that goes by itself. */
  #memberOf(question: ModelQuestion, by: AskingRequest): Member | undefined {
    const tensors = tensorsOf(question);
    const facts = tensors && this.#factsOf(question.model);
    if (facts === undefined || (facts.sharedBy ?? 1) <= 1 || tensors === undefined) return undefined;
    if (question.serial !== undefined && question.serial !== facts.serial) return undefined;
    const rows = rowsOf(tensors, facts);
    const bytes = rows === undefined ? Infinity : bytesOf(tensors);
    if (rows === undefined || bytes > MOST_BYTES || question.signal?.aborted === true) return undefined;
    const member = new Member({ question, by, tensors, rows });
    return this.#joins(member, bytes, facts) ? member : undefined;
  }

  #joins(member: Member, bytes: number, facts: LocalModelFacts): boolean {
    let lot = this.#lots.find((each) => each.facts === facts && each.takes(member, bytes));
    if (lot === undefined) {
      if (this.#lots.length === MOST_LOTS) return false;
      if (this.#lots.length === 0) endOfTurn(() => this.#askAll());
      this.#lots.push((lot = new Lot(facts)));
    }
    lot.members.push(member);
    lot.bytes += bytes;
    return true;
  }

  #askAll(): void {
    const lots = this.#lots;
    this.#lots = [];
    for (const lot of lots) {
      const members = lot.members.filter(({ isOver }) => !isOver);
      if (members.length > 1) void this.#askTogether(members, lot.facts);
      else for (const member of members) this.#askAlone(member);
    }
    for (const lot of lots) lot.members[0]?.by.peer.release();
  }

  async #askTogether(members: readonly Member[], facts: LocalModelFacts): Promise<void> {
    try {
      const answers = await this.#jointAnswers(members, facts);
      members.forEach((member, index) => member.succeed({ outputs: answers[index] }));
    } catch (error) {
      if (isForAll(error)) return members.forEach((member) => member.fail(error));
      // It may be another model by now, or the fault of one of them.
      this.#keepApart(facts);
      for (const member of members) if (!member.isOver) this.#askAlone(member);
    }
  }

  async #jointAnswers(members: readonly Member[], facts: LocalModelFacts): Promise<Tensors[]> {
    const [{ question, by }] = members as readonly [Member];
    const signal = signalOf(members);
    const timeoutMs = Math.max(...members.map((member) => leftMs(member)));
    const answer = await this.#asks.ask(
      {
        model: question.model,
        operation: 'predict',
        payload: { inputs: joined(members.map(({ tensors }) => tensors)) },
        isBackground: question.isBackground,
        serial: facts.serial,
        timeoutMs,
        signal,
      },
      { peer: by.peer, batch: by.batch, requests: members.map((member) => member.by.request) },
    );
    const { outputs } = answer as { readonly outputs: Tensors };
    return takenApart(
      outputs,
      members.map(({ rows }) => rows),
    );
  }

  #askAlone(member: Member): void {
    const { question, by } = member;
    const timeoutMs = leftMs(member);
    if (timeoutMs <= 0) return member.fail(new PredictionError('The time of the request is over', 504));
    // Its headers need not be its own.
    this.#alone({ ...question, headers: question.headers, timeoutMs }, by).then(
      (answer) => member.succeed(answer),
      (error: unknown) => member.fail(error),
    );
  }

  #alone(question: ModelQuestion, { peer, batch, request }: AskingRequest): Promise<unknown> {
    return this.#asks.ask(question, { peer, batch, requests: [request] });
  }

  /** What is known so far; whoever asks does not wait for more. */
  #factsOf(model: LocalModel): LocalModelFacts | undefined {
    const name = `${model.name}/${model.version ?? ''}`;
    const known = this.#known.get(name);
    if (known !== undefined && now() - known.askedAt < FACTS_AGE_MS) return known.facts;
    if (known === undefined && this.#known.size === MOST_MODELS) this.#known.clear();
    const latest = { facts: known?.facts ?? {}, askedAt: now() };
    this.#known.set(name, latest);
    this.#asks.describe(model).then(
      (facts) => {
        // One object for as long as it is the same, by which lots are told apart.
        if (!isSame(facts, latest.facts)) latest.facts = facts;
      },
      () => {},
    );
    return latest.facts;
  }

  /** Until more is known of the model. */
  #keepApart(facts: LocalModelFacts): void {
    for (const [name, known] of this.#known) {
      if (known.facts === facts) this.#known.set(name, { facts: {}, askedAt: now() });
    }
  }
}

/** Nobody waits for the answer, or nobody may any longer: it would be no different for each of them. */
function isForAll(error: unknown): boolean {
  return isPredictionError(error) && (error.status === 499 || error.status === 504);
}

/** Aborts when all have left; undefined where none can. */
function signalOf(members: readonly Member[]): AbortSignal | undefined {
  if (members.some(({ question }) => question.signal === undefined)) return undefined;
  const controller = new AbortController();
  for (const member of members) {
    member.onLeft = () => {
      if (members.every(({ isOver }) => isOver)) controller.abort();
    };
  }
  return controller.signal;
}

/**
 * Undefined for what has to go by itself. Headers and parameters are left out: handlers that may be asked so are the server's
 * own for models alone, which look at neither.
 */
function tensorsOf({ operation, form = 'values', payload }: ModelQuestion): Tensors | undefined {
  if (operation !== 'predict' || form !== 'values' || typeof payload !== 'object' || payload === null) return undefined;
  const { inputs } = payload as { inputs?: unknown };
  if (typeof inputs !== 'object' || inputs === null || 'instances' in payload || 'rows' in payload) return undefined;
  return inputs as Tensors;
}

function leftMs({ question: { timeoutMs = Infinity }, askedAt }: Member): number {
  return timeoutMs === Infinity ? Infinity : timeoutMs - (now() - askedAt);
}

function isSame(one: LocalModelFacts, other: LocalModelFacts): boolean {
  return one.serial !== undefined && one.serial === other.serial && one.sharedBy === other.sharedBy;
}
