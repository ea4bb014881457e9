/** Answers the paths of the pattern's web server: images are prepared here, and classified by the server behind it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  argmax,
  decodeImage,
  pixelsToTensor,
  PredictionError,
  softmax,
  Transformer,
  type HandlerContext,
  type InstancesPayload,
  type ModelContext,
  type OutputsPayload,
  type Row,
  type RowResult,
} from '@marserve/handlers';

const SIZE = 224;
const INPUT = process.env.ONNX_INPUT_NAME ?? 'input';
const OUTPUT = process.env.ONNX_OUTPUT_NAME ?? 'output';

/** What `/predict` answers. */
interface Prediction {
  /** The probability of each label, in a batch of one. */
  readonly prediction: readonly [readonly number[]];
}

export default class Prep extends Transformer {
  #labels: readonly string[] = [];
  #sample = '';

  override async initialize(context: ModelContext) {
    const read = (file: string) => readFile(path.resolve(context.modelDir, file));
    this.#labels = JSON.parse(String(await read(process.env.LABEL_PATH ?? 'labels.json'))) as string[];
    this.#sample = (await read(process.env.SAMPLE_IMAGE_PATH ?? 'cat.jpg')).toString('base64');
    await super.initialize(context);
  }

  /** Pillow's `resize((224, 224))`, then (x / 255 - mean) / std, channels first. */
  override async preprocess({ instances: [instance, ...others] }: InstancesPayload) {
    if (others.length > 0) throw new PredictionError('expected one image in a request', 400);
    const image = await decodeImage(imageOf(instance), { width: SIZE, height: SIZE, filter: 'bicubic' });
    const { shape, ...pixels } = pixelsToTensor(image, {
      scale: 1 / 255,
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
      layout: 'nchw',
    });
    return { inputs: { [INPUT]: { ...pixels, shape: [1, ...shape] } } };
  }

  override postprocess({ outputs }: OutputsPayload): Prediction {
    const scores = outputs[OUTPUT];
    if (scores === undefined) throw new PredictionError(`the predictor gave no output "${OUTPUT}"`, 502);
    return { prediction: [softmax(Array.from(scores.data as Float32Array))] };
  }

  health(data: Row[]) {
    return data.map(() => ({ health: 'ok' }));
  }

  metadata(data: Row[]) {
    return data.map(() => ({
      data_type: 'str',
      data_structure: '(1,1)',
      data_sample: 'base64 encoded image file',
      prediction_type: 'float32',
      prediction_structure: `(1,${this.#labels.length})`,
      prediction_sample: '[0.07093159, 0.01558308, 0.01348537, ...]',
    }));
  }

  label(data: Row[]) {
    return data.map(() => this.#labels);
  }

  predictTest(data: Row[], context: HandlerContext) {
    const sample = { body: { data: this.#sample } };
    return this.handle(
      data.map(() => sample),
      context,
    );
  }

  async predictTestLabel(data: Row[], context: HandlerContext) {
    return this.#labelsOf(await this.predictTest(data, context));
  }

  async predictLabel(data: Row[], context: HandlerContext) {
    return this.#labelsOf(await this.handle(data, context));
  }

  #labelsOf(answers: readonly RowResult[]): RowResult[] {
    return answers.map((answer) => {
      if (answer instanceof Error) return answer;
      const [probabilities] = (answer as Prediction).prediction;
      return { prediction: this.#labels[argmax(probabilities)] };
    });
  }
}

/** `{"data": "<base64>"}`, or the image itself. */
function imageOf(instance: unknown): unknown {
  if (instance instanceof Uint8Array || typeof instance !== 'object' || instance === null) return instance;
  const { data } = instance as { readonly data?: unknown };
  if (data === undefined) throw new PredictionError('expected {"data": "<an image file in base64>"}', 400);
  return data;
}
