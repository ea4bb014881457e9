/** The built-in handler `image_classifier`: images in, the most probable classes by name out. */
import { join } from 'node:path';
import { BaseHandler, type RowInputs } from '../base/base-handler.ts';
import { rowValue, type ContentType } from '../base/row-inputs.ts';
import { mapRows, mapRowsAsync } from '../base/stages.ts';
import { graphFacts } from '../classifier/graph-facts.ts';
import { scoreOptionReaders, type ScoreOptions } from '../classifier/score-options.ts';
import { IMAGE_FACTS, type ImageFacts } from '../explain/image/image-facts.ts';
import { readClassNames, type ClassNames } from '../classifier/class-names.ts';
import type { HandlerContext, ModelContext, Row, RowResult } from '../handler.ts';
import { integer, readSection } from '../model-config.ts';
import { singleInput } from '../base/single-input.ts';
import type { ModelSignature, TensorSpec } from '../signature.ts';
import type { NamedTensors } from '../tensor/tensor.ts';
import { imageConfigReaders, imageSettings, type ImageConfig, type ImageSettings } from './image-config.ts';
import { allScores, imageScores, toImageAnswer, type ImageScores } from './image-scores.ts';
import { imageToTensor } from './image-tensor.ts';

/** The section `image_classifier` of the model's YAML file. */
export interface ImageClassifierConfig extends ImageConfig, ScoreOptions {
  /** How many classes to return; 5 by default. */
  readonly topk?: number;
}

/** An image file as the only element of a tensor. */
export const IMAGE_INPUT: TensorSpec = { name: 'image', type: 'string', shape: [1] };

/**
 * A row's `data` or `body` (or its only field) is an image: bytes, base64, a `data:` URL or `{"b64": …}`. The result is
 * `{name: probability}` for the `topk` best classes; the names come from `index_to_name.json` (without it they are indices,
 * which JavaScript sorts by number). See `ImageAnswer` for models that give no probabilities, or several classes.
 */
export class ImageClassifier extends BaseHandler {
  #config: ImageClassifierConfig = {};
  #settings: ImageSettings | undefined;
  #scores: ImageScores | undefined;
  #nameOf: ClassNames = String;

  override async initialize(context: ModelContext): Promise<void> {
    this.#config = readSection<ImageClassifierConfig>(context.modelConfig, 'image_classifier', {
      ...imageConfigReaders,
      ...scoreOptionReaders,
      topk: integer(1),
    });
    await super.initialize(context);
    this.#settings = imageSettings(this.#config, singleInput(this.signature), 'image_classifier');
    const facts = graphFacts(join(context.modelDir, context.manifest.model.serializedFile ?? ''));
    this.#scores = imageScores(this.signature, facts, this.#config);
    this.#nameOf = await readClassNames(context.modelDir);
    const { read, because } = this.#scores.described;
    if (read !== 'scores' || because === 'model config') return;
    context.logger.warn(
      `image_classifier answers scores, not probabilities: the model's last operator (${because}) shows neither logits nor ` +
        'probabilities. If they are some, say so in the model config, image_classifier.scores',
    );
  }

  override preprocess(rows: Row[], context: HandlerContext): Promise<RowInputs[]> {
    const spec = singleInput(this.signature);
    const settings = this.#settings;
    if (settings === undefined) throw new Error('image_classifier is not initialized');
    return mapRowsAsync(rows, async (row, index) =>
      imageToTensor(
        imageField(row, () => context.getRequestHeader(index, 'content-type')),
        settings,
        spec,
      ),
    );
  }

  override postprocess(outputs: NamedTensors[], _context: HandlerContext): RowResult[] {
    const scores = this.#scores;
    if (scores === undefined) throw new Error('image_classifier is not initialized');
    const { topk = 5 } = this.#config;
    return mapRows(outputs, (row) => toImageAnswer(row, scores, { nameOf: this.#nameOf, topk }));
  }

  /** For explainers: all classes, not the best alone. */
  get [IMAGE_FACTS](): ImageFacts {
    const [settings, scores] = [this.#settings, this.#scores];
    if (settings === undefined || scores === undefined) throw new Error('image_classifier is not initialized');
    const { layout, channels, scale, mean, std } = settings;
    const { type } = singleInput(this.signature);
    return {
      channelsLast: layout === 'nhwc',
      isBgr: channels === 'bgr',
      byteOf: (value, channel) =>
        BYTE_OFFSETS[type] === undefined
          ? (value * (std[channel] ?? 1) + (mean[channel] ?? 0)) / scale
          : value + BYTE_OFFSETS[type],
      scoresOf: (outputs) => {
        const { names, values } = allScores(outputs, scores, this.#nameOf);
        return { names: values.map((_, index) => names(index)), values };
      },
    };
  }

  /** One image file a request. */
  override getSignature(): ModelSignature {
    return { inputs: [IMAGE_INPUT], outputs: [] };
  }

  /** The model's signature, and how its scores are read. */
  override describe(): object {
    return { ...this.signature, scores: this.#scores?.described };
  }
}

/** What tensors of bytes lack, by their type. */
const BYTE_OFFSETS: Readonly<Partial<Record<TensorSpec['type'], number>>> = { uint8: 0, int8: 128 };

/** `row.data ?? row.body`, or the only field of a form, whatever its name. @throws PredictionError 400 */
export function imageField(row: Row, contentType: ContentType): unknown {
  const [only, ...others] = Object.values(row);
  const isOnlyField = others.length === 0 && only !== undefined && row.data === undefined && row.body === undefined;
  return rowValue(isOnlyField ? { data: only } : row, contentType);
}
