/** What a classifier's graph tells of its outputs. */
import { classLabels, columnLabels, type ClassLabel } from '../onnx/scores/class-labels.ts';
import { scoreKinds, type ScoreKind } from '../onnx/scores/score-kind.ts';
import { readModel, type OnnxGraph } from '../onnx/graph.ts';
import type { GraphNode } from '../onnx/graph-node.ts';
import { readSkeleton } from '../onnx/model-skeleton.ts';
import { linearLayer } from './linear-layer.ts';

/** Operators that change the form of an output alone. */
const FORMS = ['Identity', 'Cast', 'Reshape', 'ZipMap'];

/** The answers of one graph; a model without a readable graph knows nothing. */
export interface GraphFacts {
  /** What the values of an output are; `scores` where the graph does not tell. */
  kindOf(output: string): ScoreKind;
  /** The classes of an output of labels or scores, in the order of the columns of the scores. */
  classesOf(output: string): readonly ClassLabel[] | undefined;
  /** Of an output of labels with a column for each of several outputs: the classes of each. */
  columnsOf(output: string): readonly (readonly ClassLabel[])[] | undefined;
  /** Whether the scores of two classes come in the order of the second and the first. */
  isReversed(output: string): boolean;
  /** The operator that makes an output, such as `Softmax`; empty for none. */
  operatorOf(output: string): string;
  /** The operator of the layer whose unbounded values an output gives, such as `Gemm`; undefined for none. */
  layerOf(output: string): string | undefined;
  /** Whether an operator is anywhere in the graph. */
  has(operator: string): boolean;
}

/** A graph that cannot be read tells nothing. */
export function graphFacts(modelPath: string): GraphFacts {
  const graph = readGraphOf(modelPath);
  const kinds = scoreKinds(graph);
  return {
    kindOf: (output) => kinds.get(output) ?? 'scores',
    classesOf: (output) => classLabels(graph, output),
    columnsOf: (output) => columnLabels(graph, output),
    isReversed: (output) => isBinaryMargin(makerOf(graph, output)),
    operatorOf: (output) => makerOf(graph, output)?.op ?? '',
    layerOf: (output) => linearLayer(graph, output)?.op,
    has: (operator) => graph.nodes.some(({ op }) => op === operator),
  };
}

function readGraphOf(modelPath: string): OnnxGraph {
  try {
    return readModel(readSkeleton(modelPath)).graph;
  } catch {
    return { inputs: [], outputs: [], nodes: [], initializers: new Map(), producers: new Map() };
  }
}

/** What comes before operators that change nothing. */
function makerOf({ producers }: OnnxGraph, output: string): GraphNode | undefined {
  let node = producers.get(output);
  while (node !== undefined && FORMS.includes(node.op)) {
    const before = producers.get(node.inputs[0] ?? '');
    if (before === undefined) break;
    node = before;
  }
  return node;
}

/** ONNX Runtime's SVMClassifier answers class 0 for a positive score of two, and writes that score into column 1. */
function isBinaryMargin(node: GraphNode | undefined): boolean {
  if (node?.op !== 'SVMClassifier' || (node.floats('prob_a') ?? []).length > 0) return false;
  const labels = node.strings('classlabels_strings') ?? node.ints('classlabels_ints') ?? [];
  return labels.length === 2 && (node.string('post_transform') ?? 'NONE') === 'NONE';
}
