/** What the values of a classifier's output are, told by the operators that make them. */
import type { OnnxGraph } from '../graph.ts';
import { ANYTHING, type Fact } from './fact.ts';
import { factsOf } from './facts.ts';

/** What the values are. */
export type ScoreKind =
  /** Of classes that exclude each other: they add up to 1, as nearly as the model computes. */
  | 'probabilities'
  /** Each by itself, as sigmoids are. */
  | 'separate probabilities'
  /** Logarithms of probabilities that add up to 1. */
  | 'log probabilities'
  /** Anything else: logits, margins, distances, votes. */
  | 'scores';

/** Totals are computed of constants in float32. */
const TOLERANCE = 1e-3;

/** Of each output of the graph, by name. */
export function scoreKinds(graph: OnnxGraph): ReadonlyMap<string, ScoreKind> {
  const facts = factsOf(graph);
  const names = new Set([...graph.outputs.map(({ name }) => name), ...facts.keys()]);
  return new Map([...names].map((name) => [name, kindOf(facts.get(name) ?? ANYTHING)]));
}

function kindOf({ total, isEach, isLog }: Fact): ScoreKind {
  if (total !== undefined && Math.abs(total - 1) <= TOLERANCE) return 'probabilities';
  if (isLog === true) return 'log probabilities';
  return isEach === true ? 'separate probabilities' : 'scores';
}
