/** A loaded ONNX model. The only file that imports onnxruntime-node, and not before the first model is opened. */
import type * as ort from 'onnxruntime-node';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { access, readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { openError } from './open-error.ts';
import { quickRuns } from './quick-runs.ts';
import { toSessionOptions, type OnnxOptions } from './onnx-options.ts';
import type { Labels } from './zip-map.ts';
import type { ModelSignature, TensorSpec } from '../signature.ts';
import type { NamedTensors, Tensor, TensorType } from '../tensor/tensor.ts';

export type { OnnxOptions } from './onnx-options.ts';

/** A model that can be run. */
export interface OnnxSession {
  /** What the model takes and gives, in its own order. */
  readonly signature: ModelSignature;
  /**
   * Runs the model on all its inputs; ONNX Runtime computes on the calling thread.
   * @throws Error with ONNX Runtime's words
   */
  run(inputs: NamedTensors): Promise<Record<string, Tensor>>;
  /** Gives the session back; the memory it held returns to the system only when the process ends. */
  close(): Promise<void>;
}

type Ort = typeof ort;

/**
 * Opens an ONNX file. A classifier that ends in ZipMap (scikit-learn's exports) opens without it: its probabilities are
 * a float32 tensor whose spec has `labels`.
 * @throws Error that names the file and what is wrong with it
 */
export async function openSession(modelPath: string, options: OnnxOptions = {}): Promise<OnnxSession> {
  const ort = await loadOrt();
  const sessionOptions = toSessionOptions(options);
  try {
    await access(modelPath);
    const session = await ort.InferenceSession.create(modelPath, sessionOptions);
    if (session.outputMetadata.every(({ isTensor }) => isTensor)) return wrap(ort, session, new Map());
    return await reopenWithoutZipMap({ ort, session, modelPath, sessionOptions });
  } catch (error) {
    throw await openError(modelPath, error);
  }
}

async function loadOrt(): Promise<Ort> {
  // A belt: whoever starts the process sets it in the real environment, which other threads read.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const ort = await import('onnxruntime-node');
  carryFloat16AsBits(ort);
  return ort;
}

/**
 * Where there is a Float16Array (newer Node versions), onnxruntime-common makes float16 tensors of it, which the native
 * half of onnxruntime-node 1.30 cannot read; bits in a Uint16Array it can. The choice is made once, with the first tensor.
 */
function carryFloat16AsBits({ Tensor: OrtTensor }: Ort): void {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'Float16Array');
  if (own === undefined) return;
  Reflect.deleteProperty(globalThis, 'Float16Array');
  void new OrtTensor('bool', [true], [1]);
  Object.defineProperty(globalThis, 'Float16Array', own);
}

interface Reopening {
  readonly ort: Ort;
  readonly session: InferenceSession;
  readonly modelPath: string;
  readonly sessionOptions: InferenceSession.SessionOptions;
}

async function reopenWithoutZipMap({ ort, session, modelPath, sessionOptions }: Reopening): Promise<OnnxSession> {
  const { withoutZipMap } = await import('./zip-map.ts');
  await session.release();
  const { model, labels, unzipped, sequences } = withoutZipMap(await readFile(modelPath));
  const others = session.outputMetadata.filter(
    ({ isTensor, name }) => !isTensor && !unzipped.has(name) && !sequences.has(name),
  );
  if (others.length > 0) throw new Error(notTensors(basename(modelPath), others));
  // Opened from memory, the model no longer knows where its external data is.
  const extra = { 'session.model_external_initializers_file_folder_path': dirname(modelPath), ...sessionOptions.extra };
  return wrap(ort, await ort.InferenceSession.create(model, { ...sessionOptions, extra }), labels);
}

function notTensors(model: string, outputs: readonly { readonly name: string }[]): string {
  const names = outputs.map(({ name }) => `"${name}"`).join(', ');
  return (
    `${model}: expected outputs that are tensors; ${names} is a sequence or a map, which onnxruntime-node cannot return. ` +
    'Export the model with tensor outputs (for scikit-learn: options={"zipmap": False})'
  );
}

function wrap(ort: Ort, session: InferenceSession, labels: ReadonlyMap<string, Labels>): OnnxSession {
  const run = quickRuns({ run: (feeds: Record<string, OrtTensor>) => session.run(feeds), sizeOf });
  return {
    signature: { inputs: session.inputMetadata.map(toSpec), outputs: session.outputMetadata.map(toSpec).map(labelled) },
    async run(inputs) {
      const outputs = await run(toFeeds(ort, inputs));
      const result: Record<string, Tensor> = {};
      for (const name of session.outputNames) result[name] = fromOrt(outputs[name] as OrtTensor);
      return result;
    },
    close: () => session.release(),
  };
  function labelled(spec: TensorSpec): TensorSpec {
    const columns = labels.get(spec.name);
    return columns === undefined ? spec : { ...spec, labels: columns };
  }
}

function sizeOf(feeds: Record<string, OrtTensor>): number {
  return Object.values(feeds).reduce((sum, { size }) => sum + size, 0);
}

function toSpec(metadata: InferenceSession.ValueMetadata): TensorSpec {
  if (!metadata.isTensor) throw new Error(`"${metadata.name}" is not a tensor`);
  const shape = metadata.shape.map((dim) => (dim === '' ? -1 : dim));
  return { name: metadata.name, type: metadata.type as TensorType, shape };
}

function toFeeds(ort: Ort, inputs: NamedTensors): Record<string, OrtTensor> {
  const feeds: Record<string, OrtTensor> = {};
  for (const [name, { type, data, shape }] of Object.entries(inputs)) {
    feeds[name] = new ort.Tensor(type, data, shape);
  }
  return feeds;
}

function fromOrt({ type, dims, data }: OrtTensor): Tensor {
  return { type: type as TensorType, shape: dims, data };
}
