/** Which rows of a batch can show that they touch each other: those that differ, in what goes in and in what comes out. */
import type { NamedTensors, Tensor } from '../tensor/tensor.ts';
import type { ModelRow } from './row-form.ts';
import { isSameOutput } from './same-output.ts';

/** So many rows are compared with each other. */
const MAX_ROWS = 8;

/** Indices of rows that differ from each other; less than two show nothing. */
export function informativeRows(rows: readonly ModelRow[], outputs: readonly NamedTensors[]): number[] {
  const chosen: number[] = [];
  rows.forEach((row, index) => {
    if (chosen.length >= MAX_ROWS || isFlat(row)) return;
    const isNew = chosen.every(
      (other) =>
        !isEqualInput(row.inputs, rows[other]?.inputs ?? {}) &&
        !isSameOutput(outputs[index] as NamedTensors, outputs[other] as NamedTensors),
    );
    if (isNew) chosen.push(index);
  });
  return chosen;
}

/** All zeros, or of many elements one and the same: what health checks and load tests send. */
function isFlat({ inputs }: ModelRow): boolean {
  return Object.values(inputs).every(({ data }) => {
    const [first] = data;
    const isEmpty = first === undefined || first === '' || Number(first) === 0;
    if (data.length < 2) return isEmpty;
    for (let index = 1; index < data.length; index += 1) if (data[index] !== first) return false;
    return true;
  });
}

function isEqualInput(a: NamedTensors, b: NamedTensors): boolean {
  return Object.entries(a).every(([name, { data }]) => {
    const other = (b[name] as Tensor).data;
    if (data.length !== other.length) return false;
    for (let index = 0; index < data.length; index += 1) if (data[index] !== other[index]) return false;
    return true;
  });
}
