/** `occlusion`: how much the score falls when a window of the image is covered (Zeiler and Fergus, 2014). */
import { integer, oneOf } from '../../model-config.ts';
import { PredictionError } from '../../prediction-error.ts';
import { readExplainerSection } from '../explainer-options.ts';
import type { OpenExplainer } from '../explainer.ts';
import { rowExplainer } from '../row-explainer.ts';
import type { Checkpoint, ExplainRun } from '../run.ts';
import type { ExplainedImage } from './explained-image.ts';
import { heatMap } from './heat-map.ts';
import { openImageModel, type ImageModel } from './image-model.ts';
import { wantsPicture } from './wants-picture.ts';
import { chosenOutputs, imageReaders, type ImageOptions } from './image-options.ts';

/** The section `explainer` of `occlusion`. */
export interface OcclusionOptions extends Omit<ImageOptions, 'fill'> {
  /** Side of the window that is covered, in pixels of the model's input. Default an eighth of the image's shorter side. */
  readonly window: number;
  /** How far the window moves each time. Default half of it. */
  readonly stride: number;
  /** What covers it: the image's mean colour (default), or 0. */
  readonly fill: 'mean' | 'zero';
}

/** @throws Error for a model that takes no images */
export const openOcclusion: OpenExplainer = async (handler, context) => {
  const options = readExplainerSection<OcclusionOptions>(context, {
    ...imageReaders,
    fill: oneOf('mean', 'zero'),
    window: integer(1),
    stride: integer(1),
  });
  const model = await openImageModel(handler, options);
  return rowExplainer<ExplainedImage>({
    name: 'occlusion',
    handler,
    read: (rows, batch) => model.read(rows, batch),
    explain: (image, run) => explainImage(image, { model, options }, run),
  });
};

interface Parts {
  readonly model: ImageModel;
  readonly options: Partial<OcclusionOptions>;
}

async function explainImage(image: ExplainedImage, { model, options }: Parts, run: ExplainRun): Promise<object> {
  const { seed = 0, classes = 'top', fill = 'mean' } = options;
  const { width, height } = image.axes;
  const windows = windowsOf(image, options);
  const colours = image.fill(fill, image.planes[0] ?? []);
  // The first image is whole.
  const at = (index: number) => image.covered(isInside(index === 0 ? undefined : windows, index - 1), colours);
  const count = windows.xs.length * windows.ys.length;
  if (count > MOST_WINDOWS) throw tooMany(count, windows);
  const { names, values } = await model.predict({ count: count + 1, at, form: image.form }, run);
  const [outputs = [], ...covered] = values;
  const chosen = chosenOutputs({ names, values: outputs }, classes);
  const drops = chosen.map((place) => covered.map((scores) => (outputs[place] ?? NaN) - (scores[place] ?? NaN)));
  if (wantsPicture(run.context.getRequestHeader(0, 'accept'))) {
    run.context.setResponseContentType(0, 'image/png');
    const strongest = drops[chosen.indexOf(outputs.indexOf(Math.max(...outputs)))];
    return heatMap(image, await heatOf(strongest ?? [], windows, run.checkpoint), model.facts);
  }
  const { xs, ys, window, stride } = windows;
  return {
    method: 'occlusion',
    parameters: { window, stride, fill },
    seed,
    width,
    height,
    output_names: chosen.map((place) => names[place]),
    outputs: chosen.map((place) => outputs[place]),
    windows: { x: xs, y: ys },
    values: drops.map((drop) => ys.map((_, row) => drop.slice(row * xs.length, (row + 1) * xs.length))),
  };
}

const MOST_WINDOWS = 100_000;

function tooMany(count: number, { stride, width, height }: Windows): PredictionError {
  return new PredictionError(
    `occlusion: expected at most ${MOST_WINDOWS} windows, got ${count} in ${width} × ${height} pixels, ${stride} apart: ` +
      'set a larger explainer.stride in the model config',
    400,
  );
}

/** Where windows are, by rows. */
interface Windows {
  readonly window: number;
  readonly stride: number;
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  /** Of the image. */
  readonly width: number;
  /** Of the image. */
  readonly height: number;
}

function windowsOf({ axes: { width, height } }: ExplainedImage, options: Partial<OcclusionOptions>): Windows {
  const window = options.window ?? Math.max(1, Math.round(Math.min(width, height) / 8));
  const stride = options.stride ?? Math.max(1, Math.floor(window / 2));
  const [xs, ys] = [startsOf(width, window, stride), startsOf(height, window, stride)];
  return { window, stride, xs, ys, width, height };
}

/** The last window ends where the image does. */
function startsOf(size: number, window: number, stride: number): number[] {
  const last = Math.max(0, size - window);
  const starts = Array.from({ length: Math.ceil(last / stride) }, (_, index) => index * stride);
  return [...starts, last];
}

/** Whether a pixel is covered; none where there are no windows. */
function isInside(windows: Windows | undefined, index: number): (pixel: number) => boolean {
  if (windows === undefined) return () => false;
  const { window, width } = windows;
  const { x, y } = placeOf(index, windows);
  return (pixel) => {
    const [column, row] = [pixel % width, Math.floor(pixel / width)];
    return column >= x && column < x + window && row >= y && row < y + window;
  };
}

function placeOf(index: number, { xs, ys }: Windows): { x: number; y: number } {
  return { x: xs[index % xs.length] ?? 0, y: ys[Math.floor(index / xs.length)] ?? 0 };
}

/** The mean of the windows that a pixel is in. */
async function heatOf(drops: readonly number[], windows: Windows, checkpoint: Checkpoint): Promise<number[]> {
  const { window, width, height } = windows;
  const heat = Array.from({ length: width * height }, () => 0);
  const counts = Array.from({ length: width * height }, () => 0);
  for (const [index, drop] of drops.entries()) {
    await checkpoint();
    const { x, y } = placeOf(index, windows);
    for (let row = y; row < Math.min(height, y + window); row += 1) {
      for (let pixel = row * width + x; pixel < row * width + Math.min(width, x + window); pixel += 1) {
        heat[pixel] = (heat[pixel] ?? 0) + drop;
        counts[pixel] = (counts[pixel] ?? 0) + 1;
      }
    }
  }
  return heat.map((sum, pixel) => sum / Math.max(1, counts[pixel] ?? 0));
}
