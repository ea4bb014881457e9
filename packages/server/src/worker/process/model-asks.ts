/** The questions of this worker's handler to other models of the server, and their answers. */
import type { LocalModel, LocalModelFacts, ModelQuestion } from '@marserve/handlers/context';
import { PredictionError } from '@marserve/handlers/prediction-error';
import { packValues } from '../../protocols/values/pack-values.ts';
import { encodeMessage } from '../../wire/message.ts';
import { encodeAsk, type AskMessage, type AskPlace } from '../../wire/ask-message.ts';
import type {
  AnswerPartMessage,
  AnsweredMessage,
  AskAmount,
  AskFailedMessage,
  PartAmount,
} from '../../wire/daemon-message.ts';
import { AskedParts } from './asked-parts.ts';
import { joinParts, ModelAnswerParts, readAnswer } from './model-answer.ts';
import { nobodyWaits } from './nobody-waits.ts';
import type { Peer } from './peer.ts';

/** For which requests a question is, and who gave them. */
export interface AskedFor extends AskPlace {
  /** Runs the question as well. */
  readonly peer: Peer;
}

/** How questions leave. */
export interface ModelAsksOptions {
  /** Takes those that are for no request. */
  readonly daemon: Peer;
  /** How many may be under way. */
  readonly limit: AskAmount;
  /** How much of an answer may be on its way, or untaken. */
  readonly partsAhead: PartAmount;
  /** Writes a frame. */
  readonly write: (peer: Peer, chunks: readonly Uint8Array[]) => void;
}

/** One that is to be sent, or to be answered. */
class Question {
  readonly peer: Peer;
  readonly message: Omit<AskMessage, 'kind' | 'id'>;
  readonly body: Uint8Array;
  /** Whole, or how it begins. */
  readonly answer: Promise<Buffer | AskedParts>;
  #parts: AskedParts | undefined;
  #resolve: (answer: Buffer | AskedParts) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor({ peer, message, body }: Pick<Question, 'peer' | 'message' | 'body'>) {
    this.peer = peer;
    this.message = message;
    this.body = body;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  addPart(body: Buffer, begin: () => AskedParts): void {
    if (this.#parts === undefined) this.#resolve((this.#parts = begin()));
    this.#parts.add(body);
  }

  succeed(body: Buffer): void {
    if (this.#parts === undefined) this.#resolve(body);
    else this.#parts.end();
  }

  fail(error: Error): void {
    this.#reject(error);
    this.#parts?.end(error);
  }
}

/** All of a worker: as many as the daemon allows are on their way, the others wait for those. */
export class ModelAsks {
  readonly #options: ModelAsksOptions;
  readonly #open = new Map<number, Question>();
  #waiting: Question[] = [];
  #bytes = 0;
  #lastId = 0;

  constructor(options: ModelAsksOptions) {
    this.#options = options;
  }

  /** See `ServerModels`. @param by undefined where the handler asks for itself */
  async ask(question: ModelQuestion, by?: AskedFor): Promise<unknown> {
    const { model, operation, form = 'values', payload, serial = 0, signal, takesParts = false } = question;
    const { headers: named = {}, timeoutMs = Infinity, isBackground = false } = question;
    if (signal?.aborted === true || by?.peer.isGone === true) throw nobodyWaits();
    const headers = Object.entries(named).flat();
    const message = { ...placeOf(model), serial, operation, form, headers, timeoutMs, isBackground };
    const asked = this.#send(message, this.#checked(packValues(payload)), by);
    const withdraw = () => this.#withdraw(asked);
    const unwatch = () => signal?.removeEventListener('abort', withdraw);
    signal?.addEventListener('abort', withdraw);
    let isUnderWay = false;
    try {
      const answer = await asked.answer;
      if (!(answer instanceof AskedParts)) return readAnswer(answer);
      if (!takesParts) return await joinParts(answer);
      isUnderWay = true;
      return new ModelAnswerParts(answer, unwatch);
    } finally {
      if (!isUnderWay) unwatch();
    }
  }

  /** See `ServerModels`. */
  async describe(model: LocalModel): Promise<LocalModelFacts> {
    const message = {
      ...placeOf(model),
      serial: 0,
      operation: 'describe',
      form: 'values',
      headers: [],
      timeoutMs: Infinity,
      isBackground: false,
    } as const;
    const body = await this.#send(message, new Uint8Array()).answer;
    return (Buffer.isBuffer(body) ? JSON.parse(body.toString()) : {}) as LocalModelFacts;
  }

  /** The daemon has an answer. */
  settle(message: AnsweredMessage | AskFailedMessage, payload: Buffer): void {
    const question = this.#open.get(message.id);
    if (question === undefined) return;
    this.#close(message.id, question);
    if (message.kind === 'answered') question.succeed(payload);
    else question.fail(new PredictionError(message.message, message.status));
    this.#sendWaiting();
  }

  /** The daemon has a part of an answer. */
  addPart({ id }: AnswerPartMessage, payload: Buffer): void {
    const question = this.#open.get(id);
    question?.addPart(payload, () => {
      const tell = (amount: PartAmount) =>
        this.#options.write(question.peer, encodeMessage({ kind: 'partsTaken', id, ...amount }));
      const { partsAhead: ahead } = this.#options;
      return new AskedParts({ ahead, onTaken: tell, onClosed: () => this.#withdraw(question) });
    });
  }

  /** The peer is gone, and its answers with it. */
  forget(peer: Peer): void {
    const gone = nobodyWaits();
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((question) => question.peer !== peer);
    for (const question of waiting) if (question.peer === peer) question.fail(gone);
    for (const [id, question] of this.#open) {
      if (question.peer !== peer) continue;
      this.#close(id, question);
      question.fail(gone);
    }
    this.#sendWaiting();
  }

  #checked(body: Buffer): Buffer {
    const { askBytes } = this.#options.limit;
    if (body.length <= askBytes) return body;
    const problem = `The request has ${body.length} bytes, more than max_request_size allows (${askBytes} bytes)`;
    throw new PredictionError(problem, 413);
  }

  #send(message: Omit<Question['message'], 'by'>, body: Uint8Array, by?: AskedFor): Question {
    const place = by && { batch: by.batch, requests: by.requests };
    const peer = by?.peer ?? this.#options.daemon;
    const question = new Question({ peer, message: { ...message, by: place }, body });
    this.#waiting.push(question);
    this.#sendWaiting();
    return question;
  }

  /** The daemon has what it was sent until it says what has become of it. */
  #withdraw(question: Question): void {
    question.fail(nobodyWaits());
    this.#waiting = this.#waiting.filter((each) => each !== question);
    for (const [id, each] of this.#open) {
      if (each === question) this.#options.write(each.peer, encodeMessage({ kind: 'withdraw', id }));
    }
  }

  #sendWaiting(): void {
    while (this.#hasRoom(this.#waiting[0])) {
      const question = this.#waiting.shift();
      if (question === undefined) return;
      const id = (this.#lastId += 1);
      this.#open.set(id, question);
      this.#bytes += question.body.byteLength;
      // Those of one turn leave in one write.
      question.peer.hold();
      this.#options.write(question.peer, encodeAsk({ kind: 'ask', id, ...question.message }, [question.body]));
    }
  }

  #hasRoom(next: Question | undefined): boolean {
    const { asks, bytes } = this.#options.limit;
    if (next === undefined || this.#open.size >= asks) return false;
    return this.#open.size === 0 || this.#bytes + next.body.byteLength <= bytes;
  }

  #close(id: number, { body }: Question): void {
    this.#open.delete(id);
    this.#bytes -= body.byteLength;
  }
}

function placeOf({ name, version = '' }: LocalModel): Pick<AskMessage, 'model' | 'version'> {
  return { model: name, version };
}
