/**
 * ONNX Runtime (1.30) ends the process in some operators when a tensor has no elements: such rows are refused where a
 * graph has one of them. Of seventy-five operators tried, all others answer, or fail as they should.
 */
import { readGraph, type OnnxGraph } from '../onnx/graph.ts';
import { PredictionError } from '../prediction-error.ts';
import type { ModelRow } from './row-form.ts';

/** Those of the graph, as `LSTM`; undefined where there is none. */
export interface EmptyCrashes {
  /** When no input has elements, or one has no rows. */
  readonly ofAll?: string;
  /** When one of several inputs has no elements, in rows that it has. */
  readonly ofSome?: string;
}

const BY_SOME = new Set(['GRU', 'InstanceNormalization', 'LSTM', 'Unique']);
/** Models that sample have a TopK, and begin with a past of no steps, which does not reach it. */
const BY_ALL = new Set([...BY_SOME, 'TopK']);
/** Graphs in graphs. */
const MAX_DEPTH = 8;

/** Which of these operators the graph has, subgraphs included. */
export function emptyCrashes(graph: OnnxGraph): EmptyCrashes {
  const operators = [...operatorsOf(graph)];
  const ofAll = operators.find((op) => BY_ALL.has(op));
  const ofSome = operators.find((op) => BY_SOME.has(op));
  return { ...(ofAll !== undefined && { ofAll }), ...(ofSome !== undefined && { ofSome }) };
}

function* operatorsOf({ nodes }: OnnxGraph, depth = 0): Generator<string> {
  for (const node of nodes) {
    if (node.domain === '') yield node.op;
    if (depth < MAX_DEPTH) for (const graph of node.subgraphs()) yield* operatorsOf(readGraph(graph), depth + 1);
  }
}

/** @throws PredictionError 400 for a row on which ONNX Runtime would end the process */
export function refuseCrash({ inputs }: ModelRow, { ofAll, ofSome }: EmptyCrashes): void {
  const tensors = Object.entries(inputs);
  const empty = tensors.filter(([, { shape }]) => shape.includes(0));
  const [first] = empty;
  if (first === undefined) return;
  const isOfAll = empty.length === tensors.length || empty.some(([, { shape }]) => shape[0] === 0);
  const op = isOfAll ? ofAll : ofSome;
  if (op === undefined) return;
  const [name, { shape }] = first;
  throw new PredictionError(
    `Input "${name}" has no elements, its shape is [${shape.join(', ')}]; this model has the operator ${op}, in which ` +
      'ONNX Runtime crashes then. Send at least one row, and no axis of size 0',
    400,
  );
}
