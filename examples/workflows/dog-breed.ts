import { ImageClassifier, type HandlerContext, type NamedTensors, type Row, type RowResult } from '@marserve/handlers';

/** Gets from two nodes, by their names: the image, and whose it is. The model is asked for the dogs alone. */
export default class DogBreed extends ImageClassifier {
  override async handle(rows: Row[], context: HandlerContext): Promise<RowResult[]> {
    const images = rows.filter(isDog).map(({ pre_processing }) => ({ body: pre_processing }));
    const breeds = images.length === 0 ? [] : await super.handle(images, context);
    return rows.map((row) => (isDog(row) ? breeds.shift() : "It's a cat!"));
  }

  /** In whole hundredths. */
  override postprocess(outputs: NamedTensors[], context: HandlerContext): RowResult[] {
    return super
      .postprocess(outputs, context)
      .map((result) => (result instanceof Error ? result : roundAll(result as Readonly<Record<string, number>>)));
  }
}

function isDog({ cat_dog_classification }: Row): boolean {
  return String(cat_dog_classification) === 'dog';
}

function roundAll(probabilities: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(probabilities).map(([breed, value]) => [breed, Math.round(100 * value) / 100]),
  );
}
