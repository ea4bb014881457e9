/** A model of images that is behind a predictor: images go to it in the form of the row that is explained. */
import type { HandlerContext, Row } from '../../handler.ts';
import { PredictionError } from '../../prediction-error.ts';
import { nestedShape, nestedTensor, tensorToJson } from '../../tensor/tensor-json.ts';
import { isTensor, splitTensor, stackTensors, type Tensor } from '../../tensor/tensor.ts';
import { askingOf, runParts, type AskingOptions } from '../asking.ts';
import type { ExplainedHandler } from '../explainer.ts';
import type { RowItems } from '../row-explainer.ts';
import { scoresOf } from '../scores.ts';
import { checked } from '../table/plain-table.ts';
import { rowsOf } from '../table/predicted-table.ts';
import { axesOfShape, type ExplainedImage, type ImageForm } from './explained-image.ts';
import { decodeImage, encodeImage } from './image-file.ts';
import { checkedImages, finiteScores, type ImageModel } from './image-model.ts';

/** Images are large, as JSON above all. */
const BATCH_SIZE = 16;

/** @param handler that asks the predictor */
export function predictedImageModel(
  handler: ExplainedHandler,
  options: Partial<AskingOptions & { readonly output: string }>,
): ImageModel {
  const { batchSize, inFlight } = askingOf(options, true, BATCH_SIZE);
  return {
    facts: undefined,
    read: (rows) => Promise.all(rows.map(readRow)),
    async predict({ count, at, form = LIST }, run) {
      let names: readonly string[] = [];
      const values: number[][] = [];
      // Files are no tensors that go together, and a request of the Open Inference Protocol has one.
      const atOnce = form.kind === 'file' ? 1 : batchSize;
      await runParts({
        count: Math.ceil(count / atOnce),
        inFlight,
        async run(part) {
          const first = part * atOnce;
          const images = Array.from({ length: Math.min(atOnce, count - first) }, (_, index) => at(first + index));
          return answersOf(handler, { images, form }, run.context);
        },
        async take(answers) {
          const scores = answers.map((answer) => scoresOf(answer, options.output));
          names = scores[0]?.names ?? names;
          values.push(...scores.map(finiteScores));
          await run.pause(values.length / count);
        },
      });
      return { names, values };
    },
  };
}

const LIST: ImageForm = { kind: 'list', field: 'body' };

interface Asked {
  readonly images: readonly Tensor[];
  readonly form: ImageForm;
}

async function answersOf(
  handler: ExplainedHandler,
  { images, form }: Asked,
  row: HandlerContext,
): Promise<readonly unknown[]> {
  if (form.kind === 'tensor') {
    const [answer] = await handler.predict([{ [form.field]: stackTensors(images) }], row.forRows([0]));
    return rowsOf(checked(answer), images.length);
  }
  const rows = await Promise.all(
    images.map(async (image): Promise<Row> => {
      return { [form.field]: form.kind === 'file' ? await encodeImage(image) : (tensorToJson(image) as unknown[])[0] };
    }),
  );
  return (await handler.predict(rows, row.forRows(images.map(() => 0)))).map(checked);
}

async function readRow(row: Row): Promise<RowItems<ExplainedImage> | Error> {
  const field = ['data', 'body'].find((name) => Object.hasOwn(row, name)) ?? Object.keys(row)[0] ?? 'body';
  const value = row[field];
  if (isTensor(value)) return fromTensor(value, { kind: 'tensor', field });
  if (value instanceof Uint8Array) return fromFile(value, { kind: 'file', field });
  return Array.isArray(value) ? fromList(value, { kind: 'list', field }) : notAnImage();
}

function fromTensor(tensor: Tensor, form: ImageForm): RowItems<ExplainedImage> | Error {
  if (tensor.type === 'string' || tensor.shape.length < 3 || tensor.shape.length > 4) return notAnImage();
  const isBatch = tensor.shape.length === 4;
  const images = isBatch ? splitTensor(tensor, Array<number>(tensor.shape[0] ?? 0).fill(1)) : [tensor];
  return checkedImages(images, { axes: axesOfShape(tensor.shape), isBatch, form });
}

function fromList(value: readonly unknown[], form: ImageForm): RowItems<ExplainedImage> | Error {
  try {
    const spec = { name: form.field, type: 'float32', shape: [-1, -1, -1] } as const;
    return fromTensor(nestedTensor(value, spec, nestedShape(value)), form);
  } catch {
    return notAnImage();
  }
}

async function fromFile(bytes: Uint8Array, form: ImageForm): Promise<RowItems<ExplainedImage> | Error> {
  try {
    const tensor = await decodeImage(bytes);
    return checkedImages([tensor], { axes: axesOfShape(tensor.shape, true), isBatch: false, form });
  } catch {
    return notAnImage();
  }
}

function notAnImage(): PredictionError {
  return new PredictionError(
    'Expected an image to explain: a file (PNG, JPEG, …), or numbers of 3 dimensions, rows × columns × channels or channels × rows × columns',
    400,
  );
}
