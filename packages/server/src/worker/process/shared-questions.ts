/** Small questions that come in one turn of the event loop to the same model are one question, where that is no different. */
import type { LocalModelFacts, ModelQuestion } from '@marserve/handlers/context';
import { isPredictionError, PredictionError } from '@marserve/handlers/prediction-error';
import { joined, rowsOf, takenApart, type Tensors } from './joint-tensors.ts';
import { KnownModels } from './known-models.ts';
import type { ModelAsks } from './model-asks.ts';
import { LotMember, QuestionLot, signalOf, type AskingRequest } from './question-lot.ts';

// A handler may replace what is global.
const endOfTurn = setImmediate;

/** Who asks in the end. */
export type Asks = Pick<ModelAsks, 'ask' | 'describe'>;

/** What a turn of ordinary handlers has is less. */
const MOST_LOTS = 64;

/** Of a worker. What a shared question fails with is nobody's: each is asked by itself then. */
export class SharedQuestions {
  readonly #asks: Asks;
  readonly #known: KnownModels;
  #lots: QuestionLot[] = [];

  constructor(asks: Asks) {
    this.#asks = asks;
    this.#known = new KnownModels((model) => asks.describe(model));
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
  #memberOf(question: ModelQuestion, by: AskingRequest): LotMember | undefined {
    const tensors = tensorsOf(question);
    if (tensors === undefined || question.signal?.aborted === true) return undefined;
    const facts = this.#known.of(question.model);
    const { serial, sharedBy = 1 } = facts;
    if (sharedBy <= 1 || (question.serial !== undefined && question.serial !== serial)) return undefined;
    const rows = rowsOf(tensors, facts);
    const member = rows === undefined ? undefined : new LotMember({ question, by, tensors, rows });
    return member !== undefined && this.#joins(member, facts) ? member : undefined;
  }

  #joins(member: LotMember, facts: LocalModelFacts): boolean {
    if (this.#lots.some((lot) => lot.facts === facts && lot.add(member))) return true;
    const lot = new QuestionLot(facts);
    if (this.#lots.length === MOST_LOTS || !lot.add(member)) return false;
    if (this.#lots.length === 0) endOfTurn(() => this.#askAll());
    this.#lots.push(lot);
    return true;
  }

  #askAll(): void {
    const lots = this.#lots;
    this.#lots = [];
    for (const { waiting, facts, peer } of lots) {
      if (waiting.length > 1) void this.#askTogether(waiting, facts);
      else for (const member of waiting) this.#askAlone(member);
      peer?.release();
    }
  }

  async #askTogether(members: readonly LotMember[], facts: LocalModelFacts): Promise<void> {
    try {
      const answers = await this.#jointAnswers(members, facts);
      members.forEach((member, index) => member.succeed({ outputs: answers[index] }));
    } catch (error) {
      if (isForAll(error)) return members.forEach((member) => member.fail(error));
      // It may be another model by now, or the fault of one of them.
      this.#known.forget(facts);
      for (const member of members) if (!member.isOver) this.#askAlone(member);
    }
  }

  async #jointAnswers(members: readonly LotMember[], facts: LocalModelFacts): Promise<Tensors[]> {
    const [{ question, by }] = members as readonly [LotMember];
    const signal = signalOf(members);
    const timeoutMs = Math.max(...members.map(({ leftMs }) => leftMs));
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

  #askAlone(member: LotMember): void {
    const { question, by, leftMs: timeoutMs } = member;
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
}

/** Nobody waits for the answer, or nobody may any longer: it would be no different for each of them. */
const FOR_ALL: readonly number[] = [499, 504];

function isForAll(error: unknown): boolean {
  return isPredictionError(error) && FOR_ALL.includes(error.status);
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
