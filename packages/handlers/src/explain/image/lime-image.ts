/**
 * `lime_image`: what each part of an image adds to the score, by a linear model of the answers for images in which parts are
 * covered at random (Ribeiro et al., 2016).
 */
import { configError, integer, oneOf, type ConfigReader } from '../../model-config.ts';
import type { AskingOptions } from '../asking.ts';
import { readExplainerSection } from '../explainer-options.ts';
import type { OpenExplainer } from '../explainer.ts';
import { SeededRandom } from '../random.ts';
import { rowExplainer } from '../row-explainer.ts';
import type { ExplainRun } from '../run.ts';
import type { ExplainedImage } from './explained-image.ts';
import { heatMap } from './heat-map.ts';
import { openImageModel, type ImageModel } from './image-model.ts';
import { drawMasks, fitScores, type Fitted } from './lime-fit.ts';
import { wantsPicture } from './wants-picture.ts';
import { chosenOutputs, imageReaders, type ImageOptions } from './image-options.ts';
import { segmentsOf, type Segmentation } from './segments.ts';

/** The section `explainer` of `lime_image`. */
export interface LimeImageOptions extends ImageOptions {
  /** How many images with covered parts are tried. Default 1000. */
  readonly samples: number;
  /** About how many parts there are. Default 50. */
  readonly segments: number;
  /** How the image is cut. Default `slic`. */
  readonly segmentation: Segmentation;
  /** How fast images with more covered parts count for less. Default 0.25. */
  readonly kernel_width: number;
}

const positive: ConfigReader<number> = (value, key) => {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw configError(key, 'a number above 0', value);
};

/** @throws Error for a model that takes no images */
export const openLimeImage: OpenExplainer = async (handler, context) => {
  const options = readExplainerSection<LimeImageOptions>(context, {
    ...imageReaders,
    samples: integer(2, 100_000),
    segments: integer(2, 1000),
    segmentation: oneOf('grid', 'slic'),
    kernel_width: positive,
  });
  const model = await openImageModel(handler, options);
  const settings: Settings = { ...DEFAULTS, ...options };
  return rowExplainer<ExplainedImage>({
    name: 'lime_image',
    handler,
    read: (rows, batch) => model.read(rows, batch),
    explain: (image, run) => explainImage(image, { model, settings }, run),
  });
};

type Settings = Omit<LimeImageOptions, 'method' | 'output' | keyof AskingOptions>;

const DEFAULTS: Settings = {
  seed: 0,
  classes: 'top',
  fill: 'segment',
  samples: 1000,
  segments: 50,
  segmentation: 'slic',
  kernel_width: 0.25,
};

interface Parts {
  readonly model: ImageModel;
  readonly settings: Settings;
}

async function explainImage(image: ExplainedImage, { model, settings }: Parts, run: ExplainRun): Promise<object> {
  const { classes, fill, samples, segmentation, seed, kernel_width: kernelWidth } = settings;
  const { checkpoint } = run;
  const segments = await segmentsOf(image, { kind: segmentation, count: settings.segments }, checkpoint);
  const count = segments.reduce((most, segment) => Math.max(most, segment + 1), 0);
  const masks = drawMasks(count, samples, new SeededRandom(seed));
  const colours = image.fill(fill, segments);
  const coveredBy = (mask: readonly number[]) => image.covered((pixel) => mask[segments[pixel] ?? 0] !== 1, colours);
  const { names, values } = await model.predict(
    { count: masks.length, at: (index) => coveredBy(masks[index] ?? []), form: image.form },
    run,
  );
  const [outputs = []] = values;
  const chosen = chosenOutputs({ names, values: outputs }, classes);
  const targets = values.map((scores) => chosen.map((place) => scores[place] ?? NaN));
  const fitted = await fitScores(masks, targets, { kernelWidth, checkpoint });
  if (wantsPicture(run.context.getRequestHeader(0, 'accept'))) {
    run.context.setResponseContentType(0, 'image/png');
    const strongest = fitted[chosen.indexOf(outputs.indexOf(Math.max(...outputs)))];
    return heatMap(
      image,
      segments.map((segment) => strongest?.values[segment] ?? 0),
      model.facts,
    );
  }
  return {
    ...described(image, settings),
    output_names: chosen.map((place) => names[place]),
    outputs: chosen.map((place) => outputs[place]),
    ...numbersOf(fitted),
    segments: inRows(segments, image.axes.width),
  };
}

function described({ axes: { width, height } }: ExplainedImage, settings: Settings): object {
  const { seed, samples, segments, segmentation, kernel_width, fill } = settings;
  return {
    method: 'lime_image',
    parameters: { samples, segments, segmentation, kernel_width, fill },
    seed,
    width,
    height,
  };
}

function numbersOf(fitted: readonly Fitted[]): object {
  return {
    intercepts: fitted.map(({ intercept }) => intercept),
    fits: fitted.map(({ fit }) => fit),
    values: fitted.map(({ values }) => values),
  };
}

function inRows(pixels: readonly number[], width: number): number[][] {
  return Array.from({ length: pixels.length / width }, (_, row) => pixels.slice(row * width, (row + 1) * width));
}
