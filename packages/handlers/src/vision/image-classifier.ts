/** The built-in handler `image_classifier`: images in, the most probable classes by name out. */
import { BaseHandler, type RowInputs } from '../base-handler.ts';
import { rowValue } from '../base/row-inputs.ts';
import { mapRows, mapRowsAsync } from '../base/stages.ts';
import { readClassNames, type ClassNames } from '../class-names.ts';
import type { HandlerContext, ModelContext, Row, RowResult } from '../handler.ts';
import { integer, oneOf, readSection } from '../model-config.ts';
import { toProbabilities, topK } from '../scores.ts';
import { singleInput } from '../single-input.ts';
import type { NamedTensors } from '../tensor.ts';
import { floatValues } from '../tensor-values.ts';
import { imageConfigReaders, imageSettings, type ImageConfig, type ImageSettings } from './image-config.ts';
import { imageToTensor } from './image-tensor.ts';

/** The section `image_classifier` of the model's YAML file. */
export interface ImageClassifierConfig extends ImageConfig {
  /** How many classes to return; 5 by default. */
  readonly topk?: number;
  /** Whether to turn scores into probabilities; `auto` (default): when the model has not done it already. */
  readonly softmax?: 'auto' | boolean;
}

/**
 * A row's `data` or `body` (or its only field) is an image: bytes, base64, a `data:` URL or `{"b64": …}`. The result is
 * `{name: probability}` for the `topk` best classes; the names come from `index_to_name.json` (without it they are indices,
 * which JavaScript sorts by number).
 */
export class ImageClassifier extends BaseHandler {
  #config: ImageClassifierConfig = {};
  #settings: ImageSettings | undefined;
  #nameOf: ClassNames = String;

  override async initialize(context: ModelContext): Promise<void> {
    this.#config = readSection<ImageClassifierConfig>(context.modelConfig, 'image_classifier', {
      ...imageConfigReaders,
      topk: integer(1),
      softmax: oneOf<'auto' | boolean>('auto', true, false),
    });
    await super.initialize(context);
    const { topk: _, softmax: __, ...image } = this.#config;
    this.#settings = imageSettings(image, singleInput(this.signature), 'image_classifier');
    this.#nameOf = await readClassNames(context.modelDir);
  }

  override preprocess(rows: Row[], context: HandlerContext): Promise<RowInputs[]> {
    const spec = singleInput(this.signature);
    const settings = this.#settings;
    if (settings === undefined) throw new Error('image_classifier is not initialized');
    return mapRowsAsync(rows, async (row, index) =>
      imageToTensor(imageField(row, context.getRequestHeader(index, 'content-type')), settings, spec),
    );
  }

  override postprocess(outputs: NamedTensors[], _context: HandlerContext): RowResult[] {
    const name = this.signature.outputs[0]?.name ?? '';
    return mapRows(outputs, (row) => this.#best(floatValues(row[name])));
  }

  #best(scores: readonly number[]): Record<string, number> {
    const { softmax: wanted = 'auto', topk = 5 } = this.#config;
    const result: Record<string, number> = {};
    for (const { index, value } of topK(toProbabilities(scores, wanted), topk)) {
      const className = this.#nameOf(index);
      // ImageNet has two cranes.
      result[Object.hasOwn(result, className) ? `${className} (${index})` : className] = value;
    }
    return result;
  }
}

/** `row.data ?? row.body`, or the only field of a form, whatever its name. @throws PredictionError 400 */
export function imageField(row: Row, contentType: string | undefined): unknown {
  const [only, ...others] = Object.values(row);
  return rowValue(
    others.length === 0 && only !== undefined && row.body === undefined ? { data: only } : row,
    contentType,
  );
}
