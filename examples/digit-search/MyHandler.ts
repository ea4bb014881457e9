/** Finds the digit whose embedding is nearest to that of an image. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BaseHandler, decodeImage } from '@marserve/handlers';
import type { ModelContext, NamedTensors, Row, Tensor } from '@marserve/handlers';
import faiss from 'faiss-node';

/** Side of the square images that the network was trained on, in pixels. */
const SIDE = 8;
/** How many neighbours are looked up. */
const NEIGHBOURS = 3;

/** The nearest training image: squared L2 distance of the embeddings, and its digit. */
export interface Match {
  readonly dist: number;
  readonly pred: number;
}

export class MyHandler extends BaseHandler {
  #index: faiss.Index | undefined;
  #labels: number[] = [];

  override async initialize(context: ModelContext): Promise<void> {
    await super.initialize(context);
    this.#index = faiss.Index.read(path.join(context.modelDir, 'faiss_index.bin'));
    this.#labels = JSON.parse(await readFile(path.join(context.modelDir, 'faiss_label.json'), 'utf8')) as number[];
  }

  /** One grey image per row, [1, 8, 8] with values in 0..1. */
  override preprocess(data: Row[]): Promise<(Tensor | Error)[]> {
    return Promise.all(data.map((row) => greyImage(row.data ?? row.body).catch((error: Error) => error)));
  }

  /** Looks the embeddings of the whole batch up at once. */
  override postprocess(outputs: NamedTensors[]): Match[] {
    const index = this.#index;
    if (index === undefined) throw new Error('MyHandler was used before it was initialized');
    const embeddings = outputs.flatMap(({ embedding }) => Array.from(embedding?.data as Float32Array));
    const { distances, labels } = index.search(embeddings, NEIGHBOURS);
    return outputs.map((_, row) => {
      const nearest = row * NEIGHBOURS;
      return { dist: distances[nearest] ?? Infinity, pred: this.#labels[labels[nearest] ?? -1] ?? -1 };
    });
  }
}

/** @throws PredictionError 400 for what is not an image */
async function greyImage(value: unknown): Promise<Tensor> {
  const { data } = await decodeImage(value, { width: SIDE, height: SIDE, channels: 'grey' });
  return { type: 'float32', shape: [1, SIDE, SIDE], data: Float32Array.from(data, (grey) => grey / 255) };
}
