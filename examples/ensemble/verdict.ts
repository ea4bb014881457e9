import { argmax, type CombineFunction, type NamedTensors } from '@marserve/handlers';

/** Of the probabilities of the classifiers, and of how rare a bottle is, what is said of it. */
export const combine: CombineFunction = ({ opinion, rarity }, { options }) => {
  const cultivars = options.cultivars as readonly string[];
  const probabilities = numbersOf(opinion, 'probabilities');
  // It is soft: without it there is an opinion all the same.
  const scores = rarity === undefined ? undefined : numbersOf(rarity, 'scores');
  const count = probabilities.length / cultivars.length;
  return Array.from({ length: count }, (_, bottle) => {
    const own = probabilities.slice(bottle * cultivars.length, (bottle + 1) * cultivars.length);
    const best = argmax(own);
    const verdict = { cultivar: cultivars[best], probability: Math.round(100 * (own[best] ?? 0)) / 100 };
    return scores === undefined ? verdict : { ...verdict, rare: (scores[bottle] ?? 0) < 0 };
  });
};

function numbersOf(value: unknown, name: string): number[] {
  const tensor = (value as { readonly inputs: NamedTensors }).inputs[name];
  return Array.from((tensor?.data ?? []) as Float32Array);
}
