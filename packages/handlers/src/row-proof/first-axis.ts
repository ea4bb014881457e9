/**
 * Operators on values whose shape is not known, behind one that has no rule. Their rows are taken to lie along the first axis:
 * where they do not, trials show it. What works along that axis, or puts another in its place, may bring rows together on some
 * data alone, which trials do not show.
 */
import { NotFollowed } from './not-followed.ts';
import type { Operation } from './operation.ts';
import { isSame, numberOf, type Traced } from './traced.ts';

/** Whether an operator may bring rows together that lie along the first axis of an input of unknown shape. */
export function worksOnFirstAxis(name: string, operation: Operation): boolean {
  const check = CHECKS[name];
  if (check === undefined || !operation.inputs.some(isUnknown)) return false;
  try {
    return check(operation);
  } catch (error) {
    // Which axes it works along cannot be told either.
    if (error instanceof NotFollowed) return true;
    throw error;
  }
}

function isUnknown(input: Traced | undefined): boolean {
  return input !== undefined && input.shape === undefined && !isSame(input);
}

type Check = (operation: Operation) => boolean;

const always: Check = () => true;

/** The last axis is another one, of all but a list. */
function isOther(axis: number): boolean {
  return axis > 0 || axis === -1;
}

/** @param missing the axis without the attribute */
const alongAxis =
  (missing: number): Check =>
  ({ node }) =>
    !isOther(node.int('axis', missing));

const softmax: Check = ({ node, opset }) => !isOther(node.int('axis', opset < 13 ? 1 : -1));

/** What is left of an axis tells of all that was on it; of a list, that would be all rows. */
const isReduced = (axes: readonly number[] | undefined): boolean =>
  axes === undefined || axes.length === 0 || axes.some((axis) => axis <= 0);

const reduce: Check = (operation) => isReduced(operation.axes('axes', 1));

const argument: Check = ({ node }) => isReduced([node.int('axis', 0)]);

const topK: Check = ({ node }) => isReduced([node.int('axis', -1)]);

const cumulative: Check = (operation) => isReduced(operation.numbers(1));

const meanVariance: Check = ({ node }) => isReduced(node.ints('axes'));

const moved: Check = (operation) => operation.axes('axes', 1)?.every(isOther) !== true;

const slice: Check = (operation) => operation.axes('axes', 3)?.every(isOther) !== true;

const pad: Check = (operation) => {
  const pads = operation.axes('pads', 1) ?? operation.node.ints('paddings') ?? [];
  if (operation.has(3)) return !operation.numbers(3).every(isOther);
  return pads[0] !== 0 || pads[pads.length / 2] !== 0;
};

const transpose: Check = ({ node }) => node.ints('perm')?.[0] !== 0;

const flatten: Check = ({ node }) => node.int('axis', 1) <= 0;

/** As many rows as there are, or all that is left: a row stays in one piece, or trials fail. */
const reshape: Check = (operation) => {
  const target = operation.has(1) ? operation.inputs[1]?.values?.[0] : undefined;
  const first = operation.has(1) ? numberOf(target) : operation.node.ints('shape')?.[0];
  return !(first === 0 || first === -1 || (target !== undefined && target.batch > 0));
};

const tile: Check = (operation) => numberOf(operation.values(1)[0]) !== 1;

/** Places may be told by rows, of what all rows have in common. */
const gather: Check = ({ node, inputs }) => isUnknown(inputs[0]) && !isOther(node.int('axis', 0));

const gatherNd: Check = ({ node, inputs }) => isUnknown(inputs[0]) && node.int('batch_dims', 0) === 0;

/** Turned, a factor has its rows along the columns of the product. */
const product: Check = ({ node, inputs }) => {
  const isTurned = ['transA', 'transBatchA', 'transBatchB'].some((name) => node.int(name, 0) !== 0);
  const [, right] = inputs;
  return isTurned || (node.int('transB', 0) !== 0 && right !== undefined && !isSame(right));
};

const REDUCTIONS = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare'];

const CHECKS: Readonly<Record<string, Check>> = {
  ...Object.fromEntries(REDUCTIONS.map((name) => [`Reduce${name}`, reduce])),
  ArgMax: argument,
  ArgMin: argument,
  TopK: topK,
  CumSum: cumulative,
  CumProd: cumulative,
  MeanVarianceNormalization: meanVariance,
  Softmax: softmax,
  LogSoftmax: softmax,
  Hardmax: softmax,
  LpNormalization: alongAxis(-1),
  LayerNormalization: alongAxis(-1),
  RMSNormalization: alongAxis(-1),
  SimplifiedLayerNormalization: alongAxis(-1),
  OneHot: alongAxis(-1),
  Concat: alongAxis(1),
  Split: alongAxis(0),
  Gather: gather,
  GatherElements: alongAxis(0),
  Scatter: alongAxis(0),
  ScatterElements: alongAxis(0),
  GatherND: gatherNd,
  ScatterND: always,
  Slice: slice,
  Pad: pad,
  Squeeze: moved,
  Unsqueeze: moved,
  Transpose: transpose,
  Flatten: flatten,
  Reshape: reshape,
  Expand: always,
  Tile: tile,
  Trilu: always,
  ReverseSequence: always,
  Einsum: always,
  Gemm: product,
  'com.microsoft:FusedMatMul': product,
  'com.microsoft:FusedGemm': product,
  LSTM: always,
  GRU: always,
  RNN: always,
};
