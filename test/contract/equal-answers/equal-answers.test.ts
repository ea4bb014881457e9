/** One model and the same rows, asked in every protocol: equal answers, to the bit. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROTOCOLS } from '../../../packages/server/src/protocols/index.ts';
import type { OnnxType } from '../../fixtures/onnx-builder.ts';
import { identityModel, matMulModel, sumAndDifferenceModel } from '../../fixtures/onnx-models.ts';
import { addArchive } from '../../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { createRandom, type Random } from '../../helpers/random.ts';
import { createAdapters, ROUTES, type Adapters, type Question } from './adapters.ts';
import { bytesOf, type Table, type TableType, type Value } from './table.ts';

/** Types of models that give back what they take. */
const SAME: Readonly<Record<TableType, OnnxType>> = {
  BOOL: 'bool',
  INT8: 'int8',
  UINT16: 'uint16',
  INT32: 'int32',
  INT64: 'int64',
  UINT64: 'uint64',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
};
const COLUMNS = 3;

let daemon: Daemon;
let adapters: Adapters;

beforeAll(async () => {
  const random = createRandom(7);
  const weights = Array.from({ length: COLUMNS }, () => Array.from({ length: 4 }, () => random.next() * 2 - 1));
  daemon = await startDaemon();
  const add = (name: string, model: Uint8Array) =>
    addArchive(daemon.store, { name, model, config: `routes:\n  POST ${ROUTES}/${name}: handle\n` });
  await add('matmul', matMulModel({ weights }));
  await add('sum', sumAndDifferenceModel(['batch', COLUMNS]));
  for (const [type, element] of Object.entries(SAME)) {
    await add(`same_${type}`, identityModel({ type: element, shape: ['batch', COLUMNS] }));
  }
  await registerModels(daemon, ['matmul', 'sum', ...Object.keys(SAME).map((type) => `same_${type}`)]);
  adapters = createAdapters(daemon);
});

afterAll(async () => {
  adapters?.close();
  await daemon?.close();
});

const INTEGERS: Readonly<Partial<Record<TableType, readonly [bits: number, isSigned: boolean]>>> = {
  INT8: [8, true],
  UINT16: [16, false],
  INT32: [32, true],
  INT64: [64, true],
  UINT64: [64, false],
};

/** Of a float any bits, but for the NaNs, of which JSON knows one. */
function randomValue(type: TableType, random: Random): Value {
  const bytes = random.bytes(8);
  if (type === 'BOOL') return random.integer(0, 1) === 1;
  if (type === 'BYTES') return random.pick(['', 'ä', '"\\', '{"a":1}', 'NaN', '日本語', ' ']);
  if (type === 'FP32' || type === 'FP64') {
    const value = type === 'FP32' ? bytes.readFloatLE() : bytes.readDoubleLE();
    return random.integer(0, 4) === 0 ? random.pick(['NaN', 'Infinity', '-Infinity', -0, 0]) : finite(value);
  }
  const [bits, isSigned] = INTEGERS[type] ?? [0, false];
  const value = isSigned ? BigInt.asIntN(bits, bytes.readBigInt64LE()) : BigInt.asUintN(bits, bytes.readBigUInt64LE());
  return bits === 64 ? value : Number(value);
}

const finite = (value: number): Value => (Number.isFinite(value) ? value : 'NaN');

function randomTable(type: TableType, random: Random): Table {
  const length = random.integer(1, 5) * COLUMNS;
  return { type, columns: COLUMNS, values: Array.from({ length }, () => randomValue(type, random)) };
}

async function answersOf(question: Question): Promise<[name: string, outputs: Record<string, string>][]> {
  return Promise.all(
    Object.entries(adapters.byName).map(async ([name, ask]) => {
      const outputs = Object.entries(await ask(question));
      return [name, Object.fromEntries(outputs.map(([output, bytes]) => [output, bytes.toString('hex')]))];
    }),
  );
}

describe.each(Object.keys(SAME) as TableType[])('a model of %s', (type) => {
  it('gives back what it takes, in every protocol', async () => {
    const random = createRandom(type.length);
    for (let round = 0; round < 10; round += 1) {
      const table = randomTable(type, random);
      const question = { model: `same_${type}`, inputs: { x: table }, outputs: { y: type } };
      const expected = { y: bytesOf(table).toString('hex') };
      for (const [name, outputs] of await answersOf(question)) expect([name, outputs]).toEqual([name, expected]);
    }
  });
});

describe.each([
  ['matmul', ['x'], ['y']],
  ['sum', ['a', 'b'], ['sum', 'difference']],
] as const)('the model %s', (model, inputs, outputs) => {
  it('computes the same in every protocol', async () => {
    const random = createRandom(model.length);
    for (let round = 0; round < 20; round += 1) {
      const length = random.integer(1, 5) * COLUMNS;
      const table = (): Table => ({
        type: 'FP32',
        columns: COLUMNS,
        values: Array.from({ length }, () => Math.fround((random.next() - 0.5) * 10 ** random.integer(-3, 6))),
      });
      const all = await answersOf({
        model,
        inputs: Object.fromEntries(inputs.map((name) => [name, table()])),
        outputs: Object.fromEntries(outputs.map((name) => [name, 'FP32'])),
      });
      const [[, first] = ['', {}]] = all;
      expect(Object.keys(first)).toEqual(outputs);
      for (const [name, answer] of all) expect([name, answer]).toEqual([name, first]);
    }
  });
});

it('has an adapter for every protocol', () => {
  const names = Object.keys(adapters.byName).map((name) => name.toLowerCase());
  for (const { name } of PROTOCOLS) {
    // It asks for no predictions.
    if (name === 'experiment-calls') continue;
    const word = name.replace('kserve-', '');
    expect(names.filter((each) => each.startsWith(word))).not.toEqual([]);
  }
});
