/** What explainers of images see of a model: tensors of images in, scores out. */
import type { HandlerContext, Row } from '../../handler.ts';
import { PredictionError } from '../../prediction-error.ts';
import { isTensor, type Tensor } from '../../tensor/tensor.ts';
import type { ExplainedHandler } from '../explainer.ts';
import type { RowItems } from '../row-explainer.ts';
import type { ExplainRun } from '../run.ts';
import { scoresOf } from '../scores.ts';
import { isStaged, MODEL_SIGNATURE } from '../staged-handler.ts';
import { ExplainedImage, imageAxes, notImages } from './explained-image.ts';
import { IMAGE_FACTS, type ImageFacts } from './image-facts.ts';

/** A model of images. */
export interface ImageModel {
  /** Undefined for a handler that does not tell. */
  readonly facts: ImageFacts | undefined;
  /** Requests → images; an Error for a row that has none, or several. */
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
}

/** Elements of the images that go to the model at once. */
const MOST_ELEMENTS = 1 << 21;
const MOST_IMAGES = 64;

/** @param output see `scoresOf` @throws Error for a model that takes no images, and a handler that shows none */
export function openImageModel({ instance }: ExplainedHandler, output?: string): ImageModel {
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
        if (tensor.shape.length === 4 && tensor.shape[0] !== 1)
          return new PredictionError(`Expected one image to explain, got ${tensor.shape[0]}`, 400);
        const image = new ExplainedImage(tensor, imageAxes(spec, tensor.shape, facts?.channelsLast));
        return { items: [image], isBatch: tensor.shape.length === 4 };
      });
    },
    async predict({ count, at }, run) {
      let names: readonly string[] = [];
      const values: number[][] = [];
      for (let first = 0; first < count;) {
        const images = [at(first)];
        const atOnce = Math.max(1, Math.min(MOST_IMAGES, Math.floor(MOST_ELEMENTS / (images[0]?.data.length ?? 1))));
        while (images.length < Math.min(atOnce, count - first)) images.push(at(first + images.length));
        const context = run.context.forRows(images.map(() => 0));
        const outputs = good(await instance.inference(images, context));
        const scores = facts
          ? outputs.map((each) => facts.scoresOf(each))
          : good(await instance.postprocess(outputs, context)).map((answer) => scoresOf(answer, output));
        names = scores[0]?.names ?? names;
        values.push(...scores.map((each) => [...each.values]));
        first += images.length;
        await run.pause(first / count);
      }
      return { names, values };
    },
  };
}

function good<T>(entries: readonly (T | Error)[]): T[] {
  const failed = entries.find((entry) => entry instanceof Error);
  if (failed !== undefined) throw failed;
  return entries as T[];
}
