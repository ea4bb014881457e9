/** Products of matrices: rows stay apart unless the sum goes over them, or both factors have them on different axes. */
import { notFollowed } from '../not-followed.ts';
import { broadcast, type Operation, type Rule, type Rules } from '../operation.ts';
import { ONE, sizeOf, type Size } from '../size.ts';
import { hasRows, traced, type Traced } from '../traced.ts';

type Matrix = Traced & { readonly shape: readonly Size[] };

/** The product of two tensors as NumPy's matmul makes it. */
export function matMulOf(operation: Operation, a: Matrix, b: Matrix): Traced {
  const isVector = [a.shape.length === 1, b.shape.length === 1];
  const left = isVector[0] ? [ONE, ...a.shape] : a.shape;
  const right = isVector[1] ? [...b.shape, ONE] : b.shape;
  if (left.length < 2 || right.length < 2) throw notFollowed('unknown');
  const summed = [left.at(-1) as Size, right.at(-2) as Size];
  if (summed.some(({ batch }) => batch > 0)) throw notFollowed('mixes');
  const stacks = [
    { ...a, shape: left.slice(0, -2) },
    { ...b, shape: right.slice(0, -2) },
  ];
  const { shape } = broadcast(stacks, operation);
  const [m, n] = [left.at(-2) as Size, right.at(-1) as Size];
  return traced([...shape, ...(isVector[0] ? [] : [m]), ...(isVector[1] ? [] : [n])], outerOf(a, b));
}

/** The fold of the batch, in which all that have rows agree: `broadcast` has seen to that where they share an axis. */
function outerOf(a: Traced, b: Traced): Size {
  return hasRows(a) ? a.outer : b.outer;
}

const matMul: Rule = (operation) => matMulOf(operation, operation.data(0), operation.data(1));

/** Zero points (and, of some, scales) behind the factors. */
const matMulInteger: Rule = (operation) => {
  operation.requireSame(2);
  return matMul(operation);
};

const qLinearMatMul: Rule = (operation) => {
  for (const [first, last] of [
    [1, 2],
    [4, 7],
  ] as const)
    operation.requireSame(first, last);
  return matMulOf(operation, operation.data(0), operation.data(3));
};

const fusedMatMul: Rule = (operation) => {
  const { node } = operation;
  if (node.int('transBatchA', 0) !== 0 || node.int('transBatchB', 0) !== 0) throw notFollowed('unknown');
  const [a, b] = [
    transposed(operation.data(0), node.int('transA', 0)),
    transposed(operation.data(1), node.int('transB', 0)),
  ];
  return matMulOf(operation, a, b);
};

function transposed(matrix: Matrix, isTransposed: number): Matrix {
  if (isTransposed === 0) return matrix;
  const { shape } = matrix;
  if (shape.length < 2) throw notFollowed('unknown');
  return { ...matrix, shape: [...shape.slice(0, -2), shape.at(-1) as Size, shape.at(-2) as Size] };
}

/** `alpha · A · B + beta · C`, of matrices that may be transposed. */
const gemm: Rule = (operation) => {
  const a = transposed(operation.data(0), operation.node.int('transA', 0));
  const b = transposed(operation.data(1), operation.node.int('transB', 0));
  const result = matMulOf(operation, a, b);
  if (!operation.has(2)) return result;
  const { shape, outer } = broadcast([result, operation.data(2)], operation);
  return traced(shape, outer);
};

/** Weights in few bits: `N` columns. */
const matMulNBits: Rule = (operation) => {
  operation.requireSame(1);
  const { shape, outer } = operation.data(0);
  operation.requireBatchOff([shape.length - 1]);
  return traced([...shape.slice(0, -1), sizeOf(operation.node.int('N', 0))], outer);
};

/** By operator. */
export const MATRIX_RULES: Rules = {
  MatMul: matMul,
  MatMulInteger: matMulInteger,
  QLinearMatMul: qLinearMatMul,
  Gemm: gemm,
  'com.microsoft:FusedMatMul': fusedMatMul,
  'com.microsoft:FusedGemm': gemm,
  'com.microsoft:MatMulNBits': matMulNBits,
};
