/** Other models of the same server: a handler may ask them without a network, where whoever runs it has them. */
import { PredictionError } from '../prediction-error.ts';
import type { TensorSpec } from '../signature.ts';

/** A model of the same server. */
export interface LocalModel {
  /** Name that it is registered under. */
  readonly name: string;
  /** By default whichever is the default one when it is asked. */
  readonly version?: string | undefined;
}

/** Values alone, or whole messages, with what is said of them beside their values. */
export type QuestionForm = 'values' | 'messages';

/** What a model is asked. */
export interface ModelQuestion {
  /** Who is asked. */
  readonly model: LocalModel;
  /** Which of its handler's functions is meant. */
  readonly operation: 'predict' | 'explain';
  /** What the payload is, and the answer with it. Default: `values`. */
  readonly form?: QuestionForm | undefined;
  /**
   * Of values `{ instances }`, as in V1, `{ rows }` of fields as handlers get them, or `{ inputs, parameters }` of tensors by name; of messages a `SeldonQuestion`, which is answered with a message.
   * Tensors and bytes in it travel as they are.
   */
  readonly payload: unknown;
  /** What its handler sees of the request's headers; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Longest time until the answer, in milliseconds; never longer than what is left to the request that asks. */
  readonly timeoutMs?: number | undefined;
  /** Ends it when aborted: the model that is asked hears that nobody waits any more. */
  readonly signal?: AbortSignal | undefined;
  /** Whether an answer that comes in parts is wanted so, as an `AsyncIterable<AnswerPart>`; by default it is joined. */
  readonly takesParts?: boolean | undefined;
  /** Whether no client waits for the answer: requests of clients come before it, and where too many wait it is refused with 429. Default: false. */
  readonly isBackground?: boolean | undefined;
  /** Only this registration is to answer (see `LocalModelFacts`): another one refuses with `NOT_THE_SAME`; undefined for any. */
  readonly serial?: number | undefined;
}

/** A part of an answer. */
export type AnswerPart =
  | {
      /** Place of the instance that it is of. */
      readonly row: number;
      /** What was made for it. */
      readonly value: unknown;
    }
  | {
      /** Tensors by their names. */
      readonly outputs: unknown;
    };

/** The status of a question to a registration that is not, or not yet, the one that would answer: RFC 9110, 15.5.20. */
export const NOT_THE_SAME = 421;

/** What the server knows of a model. */
export interface LocalModelFacts {
  /** Why it cannot serve; undefined when it can. */
  readonly problem?: string;
  /** The version that is meant; undefined where there is none. */
  readonly version?: string;
  /** Of its registration: another one of the same version has another number; undefined while what it takes is not known. */
  readonly serial?: number;
  /** `sha256:…` of the model; undefined for one without a file of its own. */
  readonly digest?: string;
  /** What it takes, in its own order; undefined while that is not known. */
  readonly inputs?: readonly TensorSpec[];
  /** What it gives, in its own order; undefined while that is not known. */
  readonly outputs?: readonly TensorSpec[];
  /** How many requests may share a question, their rows one behind another; 1 for a model that takes each by itself. */
  readonly sharedBy?: number;
}

/** Where a context has what is to be called: out of the handler's sight, and found by a handler with its own copy of this package. */
export const SERVER_MODELS: unique symbol = Symbol.for('marserve.serverModels');

/** The models of a server, for a handler that runs in it. */
export interface ServerModels {
  /**
   * Asks for `row` of the batch, whose client and time the question shares; without one, for the handler itself.
   * @returns `{ predictions }` of instances, `{ outputs }` of tensors; parts where the question takes them and the answer comes in some: who stops
   * reading them, or aborts the question's signal, ends it
   * @throws PredictionError with the status that the model's own client would have got
   */
  ask(question: ModelQuestion, row?: number): Promise<unknown>;
  /** Never rejects for a model that there is not: that is its problem. */
  describe(model: LocalModel): Promise<LocalModelFacts>;
  /** Longest time until the answer to a batch, in milliseconds: whoever waits longer is ended with its worker. */
  readonly responseTimeoutMs: number;
}

/** A context that has them. */
export interface ServerModelsKnown {
  /** Undefined where there is no server, as in tests. */
  readonly [SERVER_MODELS]: ServerModels | undefined;
}

/** Where no server runs the handler, as when it is packaged: there is nobody to ask. */
export const NO_SERVER_MODELS: ServerModels = {
  ask: ({ model }) => Promise.reject(new PredictionError(`There is no server that has the model "${model.name}"`, 503)),
  describe: () => Promise.resolve({ problem: 'no server runs this handler' }),
  responseTimeoutMs: Infinity,
};

/** The models of the server that runs a handler; undefined where there is none. @param context of the model, or of a batch */
export function serverModelsOf(context: object): ServerModels | undefined {
  return (context as Partial<ServerModelsKnown>)[SERVER_MODELS];
}
