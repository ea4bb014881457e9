/** The default pipeline of an ONNX model: initialize → preprocess → inference → postprocess; each stage can be overridden. */
import { join } from 'node:path';
import { BatchRunner } from './batch-runner.ts';
import { refuseCrash, type EmptyCrashes } from './empty-crashes.ts';
import { readGraphFacts } from './graph-facts.ts';
import { mergePlan } from './merge-plan.ts';
import { toModelRow, type ModelRow } from './row-form.ts';
import { rowInputs } from './row-inputs.ts';
import { mapRows, throughStages } from './stages.ts';
import type { Handler, HandlerContext, ModelContext, Row, RowResult } from '../handler.ts';
import { HandlerError } from '../handler-error.ts';
import { MODEL_SIGNATURE } from '../explain/staged-handler.ts';
import { keepsTensors } from '../context/kept-tensors.ts';
import { boolean, readSection } from '../model-config.ts';
import { readOnnxOptions } from '../onnx/onnx-options.ts';
import { openSession, type OnnxSession } from '../onnx/onnx-session.ts';
import { tellRowMerging, type RowMerging } from '../context/row-merging.ts';
import type { ModelSignature, TensorSpec } from '../signature.ts';
import { isTensor, type NamedTensors, type Tensor } from '../tensor/tensor.ts';
import { tensorToJson } from '../tensor/tensor-json.ts';

/** What `preprocess` makes of a row: the model's only input, or its inputs by name; an Error fails the row alone. */
export type RowInputs = Tensor | NamedTensors | Error;

/** What `inference` makes of a row. */
export type RowOutputs = NamedTensors | Error;

/** The section `base_handler` of the model's YAML file. */
export interface BaseHandlerConfig {
  /**
   * Whether rows of a batch go through the model together, stacked along the first axis. By default they do when the
   * model's graph shows that rows cannot touch each other, or, where it cannot tell, trials on the first batches do.
   */
  readonly stack?: boolean;
}

/**
 * Serves an ONNX model without any code: nested JSON arrays, raw bytes or tensors in, JSON out. A stage of a subclass gets
 * only the rows that all stages before it let pass, and the context of just these rows.
 */
export class BaseHandler implements Handler {
  #session: OnnxSession | undefined;
  #model: ModelContext | undefined;
  #runner: BatchRunner | undefined;
  #crashes: EmptyCrashes = {};

  /** The loaded model. @throws Error before `initialize` */
  protected get session(): OnnxSession {
    return this.#session ?? notInitialized();
  }

  /** The inputs and outputs of the loaded model. @throws Error before `initialize` */
  protected get signature(): ModelSignature {
    return this.session.signature;
  }

  /** Whether its results are the model's outputs, as no subclass makes others of them. */
  protected get givesOutputs(): boolean {
    const own = BaseHandler.prototype;
    return this.handle === own.handle && this.postprocess === own.postprocess;
  }

  /** The context that `initialize` got. @throws Error before `initialize` */
  protected get model(): ModelContext {
    return this.#model ?? notInitialized();
  }

  /** For explainers. */
  get [MODEL_SIGNATURE](): ModelSignature {
    return this.session.signature;
  }

  /** Opens the manifest's serialized file with the options of the config's section `onnx`. */
  async initialize(context: ModelContext): Promise<void> {
    const { manifest, modelDir, modelConfig, systemProperties } = context;
    const file = manifest.model.serializedFile;
    if (file === undefined) throw new Error('The archive has no model file; package it with --serialized-file');
    const { stack } = readSection<BaseHandlerConfig>(modelConfig, 'base_handler', { stack: boolean });
    const path = join(modelDir, file);
    const { proof, crashes } = readGraphFacts(path);
    const session = await openSession(path, readOnnxOptions(modelConfig, systemProperties.gpuId));
    this.#session = session;
    this.#crashes = crashes;
    this.#model = context;
    const plan = mergePlan(session.signature, proof, stack);
    this.#runner = new BatchRunner(session, plan, (merging) => report(context, merging));
  }

  async handle(data: Row[], context: HandlerContext): Promise<RowResult[]> {
    return throughStages(data, context, {
      preprocess: (rows, part) => this.preprocess(rows as Row[], part),
      inference: (inputs, part) => this.inference(inputs as (Tensor | NamedTensors)[], part),
      postprocess: (outputs, part) => this.postprocess(outputs as NamedTensors[], part),
    });
  }

  /** Rows → inputs of the model, one entry per row. */
  preprocess(rows: Row[], context: HandlerContext): RowInputs[] | Promise<RowInputs[]> {
    return mapRows(rows, (row, index) =>
      rowInputs(row, this.signature, () => context.getRequestHeader(index, 'content-type')),
    );
  }

  /**
   * Inputs → outputs, one entry per row. A tensor of the model's rank carries its own batch axis; one that lacks the axis
   * is a single item, and its outputs come back without it.
   */
  async inference(inputs: (Tensor | NamedTensors)[], _context: HandlerContext): Promise<RowOutputs[]> {
    const rows = mapRows(inputs, (input) => {
      const row = this.#modelRow(input);
      refuseCrash(row, this.#crashes);
      return row;
    });
    const good = rows.filter((row) => !(row instanceof Error)) as ModelRow[];
    const runner = this.#runner ?? notInitialized();
    const outputs = (await runner.run(good))[Symbol.iterator]();
    return rows.map((row) => (row instanceof Error ? row : (outputs.next().value as RowOutputs)));
  }

  /** Outputs → results, one entry per row: nested arrays of the only output, or an object of them by name. */
  postprocess(outputs: NamedTensors[], context: HandlerContext): RowResult[] | Promise<RowResult[]> {
    const { givesOutputs } = this;
    return mapRows(outputs, (row, index) =>
      givesOutputs && keepsTensors(context, index) ? row : rowResult(row, this.signature),
    );
  }

  /** The model's own inputs and outputs, but for those that an override of a stage may have made others of. */
  getSignature(_context: ModelContext): ModelSignature {
    // A subclass may do without the model.
    const { inputs, outputs } = this.#session?.signature ?? { inputs: [], outputs: [] };
    const own = BaseHandler.prototype;
    const takesInputs = this.handle === own.handle && this.preprocess === own.preprocess;
    return { inputs: takesInputs ? inputs : [], outputs: this.givesOutputs ? outputs : [] };
  }

  /** The model's signature. */
  describe(_context: ModelContext): unknown {
    return this.signature;
  }

  #modelRow(input: Tensor | NamedTensors): ModelRow {
    const [only] = this.signature.inputs;
    try {
      return toModelRow(this.signature, isTensor(input) ? { [only?.name ?? '']: input } : input);
    } catch (error) {
      throw new HandlerError(`preprocess returned what the model cannot take. ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}

function notInitialized(): never {
  throw new Error('The handler is not initialized: call super.initialize(context) first');
}

/** For `describe`, and for the log. */
function report(context: ModelContext, merging: RowMerging): void {
  context.logger.info('rows of several requests', { ...merging });
  tellRowMerging(context, merging);
}

/** Nested arrays of the only output, or an object of them by name; probabilities with labels as `{label: probability}`. */
function rowResult(outputs: NamedTensors, signature: ModelSignature): unknown {
  const labels = new Map(signature.outputs.map((spec) => [spec.name, spec.labels]));
  const values = Object.entries(outputs).map(([name, tensor]): [string, unknown] => [
    name,
    toJson(tensor, labels.get(name)),
  ]);
  const [only] = values;
  return values.length === 1 && only !== undefined ? only[1] : Object.fromEntries(values);
}

function toJson(tensor: Tensor, labels: TensorSpec['labels']): unknown {
  const json = tensorToJson(tensor);
  return labels === undefined || tensor.shape.at(-1) !== labels.length ? json : byLabel(json, labels);
}

function byLabel(json: unknown, labels: NonNullable<TensorSpec['labels']>): unknown {
  const [first] = json as unknown[];
  if (Array.isArray(first)) return (json as unknown[]).map((row) => byLabel(row, labels));
  return Object.fromEntries(labels.map((label, index) => [label, (json as unknown[])[index]]));
}
