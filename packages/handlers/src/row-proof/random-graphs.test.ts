/** Hundreds of random graphs: whatever a graph mixes, no answer depends on who else is in the batch. */
import { expect, it } from 'vitest';
import type { ModelRow } from '../base/row-form.ts';
import { createTensor, elementCount } from '../tensor/tensor.ts';
import { expectSameInBatches, openModel, type OpenedModel } from '../test-support/compositions.ts';
import { randomModel } from '../test-support/random-graph.ts';
import { readModel } from '../onnx/graph.ts';
import { randomNumbers, type Random } from '../test-support/random.ts';

/** Other graphs, and more of them, can be asked for. */
const SEED = Number(process.env.GRAPH_SEED ?? 1);
const GRAPHS = Number(process.env.GRAPHS ?? 600);

function randomRows({ session }: OpenedModel, random: Random): ModelRow[] {
  return Array.from({ length: 6 }, () => {
    const length = 1 + random(3) * random(2);
    const tensors = session.signature.inputs.map(({ name, shape }) => {
      const dims = shape.map((dim) => (typeof dim === 'number' && dim >= 0 ? dim : length));
      const elements = Array.from({ length: elementCount(dims) }, () => random(2000) / 100 - 10);
      return [name, createTensor('float32', dims, elements)] as const;
    });
    return { inputs: Object.fromEntries(tensors), length, isItem: length === 1 && random(2) === 0 };
  });
}

/** The graph in short, for the message. */
function describeModel(model: Uint8Array): string {
  const { nodes, initializers, outputs } = readModel(model).graph;
  const constants = [...initializers].map(
    ([name, constant]) => `${name} = [${constant.dims.join()}] ${constant.numbers()?.join()}`,
  );
  const steps = nodes.map(({ op, inputs, outputs }) => `${outputs.join()} = ${op}(${inputs.join()})`);
  return [...constants, ...steps, `→ ${outputs.map(({ name }) => name).join()}`].join('\n');
}

it(
  `${GRAPHS} graphs of mixing and other operators answer each row as if it came alone`,
  { timeout: 120_000 },
  async () => {
    const random = randomNumbers(SEED);
    const found = { proven: 0, tried: 0, apart: 0, invalid: 0 };
    for (let index = 0; index < GRAPHS; index += 1) {
      const model = randomModel(random);
      const opened = await openModel(model).catch(() => undefined);
      if (opened === undefined) {
        found.invalid += 1;
        continue;
      }
      const merging = await expectSameInBatches(opened, randomRows(opened, random), { random, batches: 8 }).catch(
        (error: unknown) => {
          throw new Error(`graph ${index} of seed ${SEED}: ${describeModel(model)}`, { cause: error });
        },
      );
      found['merged' in merging ? (merging.merged === 'tried' ? 'tried' : 'proven') : 'apart'] += 1;
      await opened.session.close();
    }
    // That there are enough of each kind for the test to mean something.
    expect(found.proven).toBeGreaterThan(GRAPHS / 10);
    expect(found.apart).toBeGreaterThan(GRAPHS / 10);
  },
);
