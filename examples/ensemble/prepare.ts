import { createTensor, PredictionError, type TransformFunction } from '@marserve/handlers';

/** In the order in which the models want them. */
const MEASURES = [
  'alcohol',
  'malic_acid',
  'ash',
  'alcalinity_of_ash',
  'magnesium',
  'total_phenols',
  'flavanoids',
  'nonflavanoid_phenols',
  'proanthocyanins',
  'color_intensity',
  'hue',
  'od280/od315_of_diluted_wines',
  'proline',
];

/** Bottles, each with its measures by their names, as a tensor. */
export const transform: TransformFunction = (value) => {
  if (!('instances' in value)) throw new PredictionError('Expected { "instances": [bottle, …] }', 400);
  const bottles = value.instances as readonly Readonly<Record<string, unknown>>[];
  const rows = bottles.flatMap((bottle, index) => MEASURES.map((name) => measureOf(bottle, { name, index })));
  return { inputs: { measures: createTensor('float32', [bottles.length, MEASURES.length], rows) } };
};

function measureOf(
  bottle: Readonly<Record<string, unknown>>,
  { name, index }: { name: string; index: number },
): number {
  const measure = bottle[name];
  if (typeof measure === 'number') return measure;
  throw new PredictionError(`Bottle ${index} has no number as "${name}"`, 422);
}
