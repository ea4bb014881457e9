/** The built-in handler `vector_search`: what a client sends is embedded by the model and looked up in a faiss index. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BaseHandler, type RowInputs } from '../base/base-handler.ts';
import { mapRows, mapRowsAsync } from '../base/stages.ts';
import type { HandlerContext, ModelContext, Row, RowResult } from '../handler.ts';
import { parseJson } from '../json.ts';
import { boolean, integer, objectOf, readSection, string } from '../model-config.ts';
import { singleInput } from '../base/single-input.ts';
import type { ModelSignature, TensorSpec } from '../signature.ts';
import { elementCount, type NamedTensors, type Tensor } from '../tensor/tensor.ts';
import { isDynamic } from '../tensor/tensor-spec.ts';
import { floatValues } from '../tensor/tensor-values.ts';
import { IMAGE_INPUT, imageField } from '../vision/image-classifier.ts';
import { imageConfigReaders, imageSettings, type ImageConfig, type ImageSettings } from '../vision/image-config.ts';
import { imageToTensor } from '../vision/image-tensor.ts';
import type { VectorId } from './faiss-ids.ts';
import { openFaissIndex, type FaissIndex, type Neighbour } from './faiss.ts';

/** The section `vector_search` of the model's YAML file. */
export interface VectorSearchConfig {
  /** The index file in the archive; `faiss_index.bin` by default. */
  readonly index?: string;
  /** A JSON array (or object by id) of what each vector stands for; `faiss_label.json` by default. */
  readonly labels?: string;
  /** How many neighbours to return; 3 by default. */
  readonly k?: number;
  /** Whether to scale embeddings to length 1 before the search, for indexes of the cosine; false by default. */
  readonly normalize?: boolean;
  /** The model's output that is the embedding; its first one by default. */
  readonly output?: string;
  /** When it is there, rows are images (see `image_classifier` for the keys); without it, what `base_handler` takes. */
  readonly image?: ImageConfig;
}

/** What an index's vector stands for, and how far it is from the query. */
export interface Match {
  /** From the file of labels; null where that has none for the vector. */
  readonly label: unknown;
  /** In the index's own metric. */
  readonly distance: number;
  /** The vector's id in the index; a bigint beyond 2^53. */
  readonly index: VectorId;
}

/** The result of a row is a list of `k` matches, the nearest first; of a row with a batch axis, one list per item. */
export class VectorSearch extends BaseHandler {
  #config: Partial<VectorSearchConfig> = {};
  #image: ImageSettings | undefined;
  #index: FaissIndex | undefined;
  #labels: Readonly<Record<string, unknown>> = {};
  #output: TensorSpec = { name: '', type: 'float32', shape: [] };

  override async initialize(context: ModelContext): Promise<void> {
    this.#config = readSection<VectorSearchConfig>(context.modelConfig, 'vector_search', {
      index: string,
      labels: string,
      k: integer(1),
      normalize: boolean,
      output: string,
      image: objectOf(imageConfigReaders),
    });
    const { index = 'faiss_index.bin', labels = 'faiss_label.json', image } = this.#config;
    await super.initialize(context);
    this.#output = this.#findOutput();
    this.#image = image && imageSettings(image, singleInput(this.signature), 'vector_search.image');
    this.#index = await openFaissIndex(join(context.modelDir, index));
    checkSize(this.#output, this.#index);
    this.#labels = await readLabels(context.modelDir, labels);
  }

  override preprocess(rows: Row[], context: HandlerContext): RowInputs[] | Promise<RowInputs[]> {
    const settings = this.#image;
    if (settings === undefined) return super.preprocess(rows, context);
    const spec = singleInput(this.signature);
    return mapRowsAsync(rows, async (row, index) =>
      imageToTensor(
        imageField(row, () => context.getRequestHeader(index, 'content-type')),
        settings,
        spec,
      ),
    );
  }

  override postprocess(outputs: NamedTensors[], _context: HandlerContext): RowResult[] {
    return mapRows(outputs, (row) => this.#matches(row[this.#output.name]));
  }

  override getSignature(): ModelSignature {
    return { inputs: this.#image === undefined ? this.signature.inputs : [IMAGE_INPUT], outputs: [] };
  }

  #matches(embedding: Tensor | undefined): Match[] | Match[][] {
    const { k = 3, normalize = false } = this.#config;
    const index = this.#index;
    if (index === undefined || embedding === undefined) throw new Error('vector_search is not initialized');
    const [rows = 1, ...rest] = embedding.shape;
    const isItem = embedding.shape.length < this.#output.shape.length;
    const size = elementCount(rest) * (isItem ? rows : 1);
    if (size !== index.dimension) throw sizeError(size, index);
    const vectors = floatValues(embedding);
    const found = index.search(normalize ? toUnitLength(vectors, size) : vectors, k);
    const matches = found.map((neighbours) => neighbours.map((neighbour) => this.#match(neighbour)));
    return isItem ? (matches[0] ?? []) : matches;
  }

  #match({ id, distance }: Neighbour): Match {
    return { label: this.#labels[String(id)] ?? null, distance, index: id };
  }

  #findOutput(): TensorSpec {
    const names = this.signature.outputs.map(({ name }) => name);
    const { output = names[0] ?? '' } = this.#config;
    const found = this.signature.outputs.find(({ name }) => name === output);
    if (found !== undefined) return found;
    throw new Error(
      `Model config: vector_search.output must be an output of the model (${names.join(', ')}), got "${output}"`,
    );
  }
}

/** What is known of the embedding's size before the first one is there. */
function checkSize({ shape }: TensorSpec, index: FaissIndex): void {
  const dims = shape.slice(1);
  if (dims.length === 0 || dims.some(isDynamic)) return;
  const size = elementCount(dims.map(Number));
  if (size !== index.dimension) throw sizeError(size, index);
}

function sizeError(size: number, index: FaissIndex): Error {
  return new Error(`The model gives vectors of ${size} numbers, the index has vectors of ${index.dimension}`);
}

function toUnitLength(vectors: readonly number[], dimension: number): number[] {
  const lengths: number[] = [];
  for (let start = 0; start < vectors.length; start += dimension)
    lengths.push(Math.hypot(...vectors.slice(start, start + dimension)) || 1);
  return vectors.map((value, position) => value / (lengths[Math.floor(position / dimension)] ?? 1));
}

async function readLabels(modelDir: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const labels: unknown = parseJson(await readFile(join(modelDir, file), 'utf8'));
    if (typeof labels === 'object' && labels !== null) return labels as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new Error(`The labels in ${file} (vector_search.labels) cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  throw new Error(`The labels in ${file} (vector_search.labels) must be a JSON array or object`);
}
