/** A question to a model of the same server, in the name of a request. */
import { forwardedHeaders } from '@marserve/client';
import type { LocalModel, ModelQuestion } from '../context/ask-model.ts';
import type { PredictorCall } from './predictor.ts';

/** What is asked. */
export interface LocallyAsked extends Pick<ModelQuestion, 'operation' | 'payload' | 'serial' | 'takesParts'> {
  /** Who is asked. */
  readonly model: LocalModel;
  /** Headers that go with it beside those that always do; see `forwardedHeaders`. */
  readonly allowedHeaders?: readonly string[] | undefined;
}

/** Its headers are made when somebody looks at them: of many questions nobody does. */
export class LocalQuestion implements ModelQuestion {
  readonly model: LocalModel;
  readonly operation: ModelQuestion['operation'];
  readonly payload: unknown;
  readonly serial: number | undefined;
  readonly takesParts: boolean | undefined;
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly isBackground: boolean | undefined;
  readonly #forward: PredictorCall['forward'];
  readonly #allowed: readonly string[] | undefined;

  constructor(asked: LocallyAsked, { timeoutMs, signal, isBackground, forward }: PredictorCall) {
    this.model = asked.model;
    this.operation = asked.operation;
    this.payload = asked.payload;
    this.serial = asked.serial;
    this.takesParts = asked.takesParts;
    this.timeoutMs = timeoutMs;
    this.signal = signal;
    this.isBackground = isBackground;
    this.#forward = forward;
    this.#allowed = asked.allowedHeaders;
  }

  get headers(): Record<string, string> {
    return forwardedHeaders(this.#forward ?? {}, this.#allowed);
  }
}
