/** What explainers of images see of a model: tensors of images in, scores out. */
import type { HandlerContext, Row } from '../../handler.ts';
import { PredictionError } from '../../prediction-error.ts';
import { isTensor, splitTensor, type Tensor } from '../../tensor/tensor.ts';
import type { ExplainedHandler } from '../explainer.ts';
import type { RowItems } from '../row-explainer.ts';
import type { ExplainRun } from '../run.ts';
import { scoresOf, type Scores } from '../scores.ts';
import type { ImageOptions } from './image-options.ts';
import { asksPredictor } from '../predicted-handler.ts';
import { isStaged, MODEL_SIGNATURE } from '../staged-handler.ts';
import { ExplainedImage, imageAxes, notImages, type ImageAxes, type ImageForm } from './explained-image.ts';
import { IMAGE_FACTS, type ImageFacts } from './image-facts.ts';

/** A model of images. */
export interface ImageModel {
  /** Undefined for a handler that does not tell. */
  readonly facts: ImageFacts | undefined;
  /** Requests → images; an Error for a row that has none. */
  read(rows: Row[], context: HandlerContext): Promise<(RowItems<ExplainedImage> | Error)[]>;
  /** [image][output] and the names of the outputs. @throws Error where nobody waits for them any more */
  predict(images: ImageSource, run: ExplainRun): Promise<{ names: readonly string[]; values: number[][] }>;
}

/** Images that are made when they are needed: there may be thousands. */
export interface ImageSource {
  /** How many there are. */
  readonly count: number;
  /** One of them, with a batch axis. */
  readonly at: (index: number) => Tensor;
  /** That of the image that they are covered copies of. */
  readonly form?: ImageForm | undefined;
}

/** Elements of the images that go to the model at once. */
const MOST_ELEMENTS = 1 << 21;
const MOST_IMAGES = 64;
/** Larger ones are explained for hours. */
const MOST_PIXELS = 1 << 22;

/** @throws Error for a model that takes no images, and a handler that shows none */
export function openImageModel(
  handler: ExplainedHandler,
  options: Partial<ImageOptions>,
): Promise<ImageModel> | ImageModel {
  if (asksPredictor(handler.instance)) return openPredicted(handler, options);
  const { instance } = handler;
  const { output, batch_size: most = MOST_IMAGES } = options;
  if (!isStaged(instance)) {
    throw new Error('explainer: expected a handler that extends BaseHandler, whose preprocess makes tensors of images');
  }
  const { inputs } = instance[MODEL_SIGNATURE];
  const [spec, ...others] = inputs;
  if (spec === undefined || others.length > 0 || spec.shape.length !== 4 || spec.type === 'string') {
    throw notImages(spec ?? { name: '', type: 'float32', shape: [] });
  }
  const facts = (instance as Partial<Record<typeof IMAGE_FACTS, ImageFacts>>)[IMAGE_FACTS];
  return {
    facts,
    async read(rows, context) {
      const entries = await instance.preprocess(rows, context);
      return entries.map((entry) => {
        if (entry instanceof Error) return entry;
        const tensor = isTensor(entry) ? entry : (entry[spec.name] as Tensor);
        const axes = imageAxes(spec, tensor.shape, facts?.channelsLast);
        const isBatch = tensor.shape.length === 4;
        const images = isBatch ? splitTensor(tensor, Array<number>(tensor.shape[0] ?? 0).fill(1)) : [tensor];
        return checkedImages(images, { axes, isBatch });
      });
    },
    async predict({ count, at }, run) {
      let names: readonly string[] = [];
      const values: number[][] = [];
      for (let first = 0; first < count;) {
        const images = [at(first)];
        const atOnce = Math.max(1, Math.min(most, Math.floor(MOST_ELEMENTS / (images[0]?.data.length ?? 1))));
        while (images.length < Math.min(atOnce, count - first)) images.push(at(first + images.length));
        const context = run.context.forRows(images.map(() => 0));
        const outputs = good(await instance.inference(images, context));
        const scores = facts
          ? outputs.map((each) => facts.scoresOf(each))
          : good(await instance.postprocess(outputs, context)).map((answer) => scoresOf(answer, output));
        names = scores[0]?.names ?? names;
        values.push(...scores.map(finiteScores));
        first += images.length;
        await run.pause(first / count);
      }
      return { names, values };
    },
  };
}

async function openPredicted(handler: ExplainedHandler, options: Partial<ImageOptions>): Promise<ImageModel> {
  const { predictedImageModel } = await import('./predicted-image-model.ts');
  return predictedImageModel(handler, options);
}

/** What images of a row have in common. */
export interface ReadImages {
  /** How large they are. */
  readonly axes: ImageAxes;
  /** Whether the row had a batch axis. */
  readonly isBatch: boolean;
  /** See `ExplainedImage`. */
  readonly form?: ImageForm;
}

/** The images of a row; an Error for none, and for images of no or very many pixels. */
export function checkedImages(
  images: readonly Tensor[],
  { axes, isBatch, form }: ReadImages,
): RowItems<ExplainedImage> | Error {
  const { width, height } = axes;
  if (images.length > 0 && width > 0 && height > 0 && width * height <= MOST_PIXELS)
    return { items: images.map((image) => new ExplainedImage(image, axes, form)), isBatch };
  const expected = `Expected images to explain, one at least, of 1 to ${MOST_PIXELS} pixels each`;
  return new PredictionError(`${expected}; got ${images.length} of ${width} × ${height}`, 400);
}

/** The scores of an image. @throws PredictionError for what are no numbers */
export function finiteScores({ names, values }: Scores): number[] {
  const odd = values.findIndex((score) => !Number.isFinite(score));
  if (odd < 0) return [...values];
  throw new PredictionError(
    `Expected finite numbers of the model to explain, got ${values[odd]} as "${names[odd]}" of an image that is like this one`,
    400,
  );
}

function good<T>(entries: readonly (T | Error)[]): T[] {
  const failed = entries.find((entry) => entry instanceof Error);
  if (failed !== undefined) throw failed;
  return entries as T[];
}
