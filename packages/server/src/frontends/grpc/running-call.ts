/** A call from its arrival to its end, of which the interceptors are told. */
import { clientGone, isFault, toServeError, type ServeError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { Call, Interceptor } from '../../interceptors/interceptor.ts';
import { originOf } from '../../protocols/model-identity.ts';
import type { RpcCode, RpcStatus } from '../../protocols/rpc.ts';
import { afterTurn } from '../after-turn.ts';
import { overloaded } from '../bodies/body-sink.ts';
import type { HeldMemory } from '../memory/held-memory.ts';
import type { MemoryBudget } from '../memory/memory-budget.ts';
import { reportFailure } from '../report-failure.ts';
import { GrpcCall, type GrpcCallFacts, type GrpcClient } from './grpc-call.ts';
import type { GrpcStream } from './grpc-stream.ts';
import { RPC_HTTP_STATUSES } from './rpc-http-status.ts';

/** What the calls of a listener are run with. */
export interface RunningCallOptions {
  /** For messages that are on their way. */
  readonly budget: MemoryBudget;
  /** What stands around every call. */
  readonly interceptor: Required<Interceptor>;
  /** Told of what failed. */
  readonly logger: Logger;
  /** Called for each error that is a fault of the server. */
  readonly onInternalError: () => void;
}

/** What the calls of one procedure have in common. */
export interface RpcFacts extends GrpcCallFacts, Pick<Call, 'audience'> {
  /** How an error is said in the call's protocol. */
  readonly statusOf: (thrown: unknown) => RpcStatus;
  /** What they are run with. */
  readonly options: RunningCallOptions;
  /** The answers that are on their way. */
  readonly held: HeldMemory;
}

/** How long a message waits for room, as a body of REST does. */
const ROOM_MS = 5000;

/** One of them. */
export class RunningCall {
  /** As procedures have it. */
  readonly call: GrpcCall;
  readonly #stream: GrpcStream;
  readonly #facts: RpcFacts;
  readonly #startedAt = performance.now();
  #taken = 0;
  #hasBegun = false;
  #refusal: ServeError | undefined;

  constructor(stream: GrpcStream, client: GrpcClient, facts: RpcFacts) {
    this.call = new GrpcCall(client, facts, this.#startedAt);
    this.#stream = stream;
    this.#facts = facts;
  }

  /** Whether it was refused. */
  get isRefused(): boolean {
    return this.#refusal !== undefined;
  }

  /** It begins. @throws ServeError of the interceptor that refuses it */
  admit(): void {
    this.#hasBegun = true;
    this.#facts.options.interceptor.admit(this.call);
  }

  /** Counts a message until the call is over or `give` is called; says whether there was room for it. */
  tryTake(bytes: number): boolean {
    const hasRoom = this.#facts.options.budget.tryTake(bytes);
    if (hasRoom) this.#taken += bytes;
    return hasRoom;
  }

  /** The same, when there is room. @throws ServeError `overloaded` */
  async take(bytes: number): Promise<void> {
    await this.#room(bytes);
    this.#taken += bytes;
  }

  /** Counts one by itself, until what it resolves with is called. @throws ServeError `overloaded` */
  async hold(bytes: number): Promise<() => void> {
    const { budget } = this.#facts.options;
    await this.#room(bytes);
    return () => budget.give(bytes);
  }

  /** What was taken does not count any more. */
  give(): void {
    this.#facts.options.budget.give(this.#taken);
    this.#taken = 0;
  }

  /** Sends the only message of its answer. */
  answer(message: Uint8Array): void {
    this.#stream.sendWhole(message);
    this.#end('OK', message.byteLength);
    // Most are taken by then.
    afterTurn(() => this.#holdUntaken(message));
  }

  /** All messages of its answer were sent. @param bytes that they had */
  finish(bytes: number): void {
    this.#stream.end({ code: 'OK', message: '' });
    this.#end('OK', bytes);
  }

  /** Ends it, whatever its procedure does; one that has begun hears of it by its caller, and fails then. */
  refuse(error: ServeError): void {
    if (this.isRefused || this.call.caller.isGone) return;
    this.#refusal = error;
    if (!this.#hasBegun) return this.fail(error);
    this.#stream.end(this.#facts.statusOf(error));
    this.call.caller.leave();
  }

  /** It is over, with this error. */
  fail(thrown: unknown): void {
    const { statusOf, options } = this.#facts;
    const { requestId, caller } = this.call;
    const isGone = this.#refusal === undefined && caller.isGone;
    const error = this.#refusal ?? toServeError(thrown);
    reportFailure(error, isFault(error) && !isGone, { ...options, requestId });
    const status = statusOf(isGone ? clientGone() : error);
    if (error.details.headers !== undefined) this.call.addReplyHeaders(originOf(error.details.headers));
    this.#stream.end(status);
    this.#end(status.code, 0);
  }

  async #room(bytes: number): Promise<void> {
    const { budget } = this.#facts.options;
    if (!budget.tryTake(bytes) && !(await budget.takeWithin(ROOM_MS, bytes))) throw overloaded();
  }

  /** Counts an answer until the client has taken it, or is gone. */
  #holdUntaken(message: Uint8Array): void {
    const { caller } = this.call;
    if (caller.isGone) return;
    this.#stream.watch();
    void caller.left.then(this.#facts.held.take(message));
  }

  #end(code: RpcCode, bytes: number): void {
    this.give();
    const ms = performance.now() - this.#startedAt;
    this.#facts.options.interceptor.answered(this.call, { status: RPC_HTTP_STATUSES[code], ms, bytes });
  }
}
