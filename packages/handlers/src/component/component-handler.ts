/** A component as a handler: it takes whole messages of Seldon's protocol, and rows of any other. */
import type { Handler, HandlerContext, ModelContext, Row, RowResult } from '../handler.ts';
import { HandlerError } from '../handler-error.ts';
import type { ComponentClass } from './component.ts';
import { callComponent } from './component-calls.ts';
import { ComponentInstances } from './component-instances.ts';
import { BadMetricError } from './component-metrics.ts';
import { readComponentOptions } from './component-options.ts';
import { messageOfRow, rowResultOf } from './row-message.ts';
import { SeldonCall, type SeldonMessage } from './seldon-message.ts';
import { TAKES_MESSAGES } from './takes-messages.ts';

/** A handler around a component. */
export class ComponentHandler implements Handler {
  readonly [TAKES_MESSAGES] = true;
  readonly #create: ComponentClass;
  #instances: ComponentInstances | undefined;

  constructor(create: ComponentClass) {
    this.#create = create;
  }

  /** Makes the component with its parameters, and calls its `load`. @throws Error for wrong parameters; whatever it throws */
  async initialize(context: ModelContext): Promise<void> {
    const options = readComponentOptions(context, process.env);
    this.#instances = new ComponentInstances({ create: this.#create, options, context });
    await this.#instances.for(undefined);
  }

  /** Each row on its own, all at once. */
  handle(data: Row[], context: HandlerContext): Promise<RowResult[]> {
    return Promise.all(data.map((row, index) => this.#answer(row, index, context)));
  }

  async #answer(row: Row, index: number, context: HandlerContext): Promise<RowResult> {
    if (this.#instances === undefined) throw new HandlerError('initialize has not been called');
    const { body } = row;
    try {
      if (body instanceof SeldonCall) return await callComponent(await this.#instances.for(body.unit), body);
      const own = await this.#instances.for(undefined);
      return rowResultOf(await callComponent(own, new SeldonCall('predictions', messageOfRow(row))), row);
    } catch (error) {
      if (!(error instanceof BadMetricError)) return error instanceof Error ? error : new Error(String(error));
      context.setResponseStatus(500, undefined, index);
      return failure(error);
    }
  }
}

function failure({ message }: BadMetricError): SeldonMessage {
  return { status: { status: 1, info: message, code: -1, reason: 'MICROSERVICE_BAD_METRIC' } };
}
