/** The built-in handlers answer V1 as they answer TorchServe's REST, whatever form the instances have. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flatIndex } from '../../packages/archiver/src/test-support/flat-index.ts';
import { buildModel } from '../fixtures/onnx-builder.ts';
import { identityModel, matMulModel, sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { addArchive, type HandlerArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson, type Answer } from '../helpers/http.ts';
import { ROOT } from '../helpers/pages.ts';
import { createRandom } from '../helpers/random.ts';

const fixture = (file: string) => readFile(path.join(ROOT, 'test/fixtures', file));
const IMAGES = await Promise.all(
  ['jpeg-rgb.jpg', 'png-rgb.png', 'gif-grey.gif'].map((file) => fixture(`images/${file}`)),
);

/** Scores = the mean of each channel of the image. */
const MEAN_COLOUR = buildModel({
  inputs: [{ name: 'image', type: 'float32', shape: ['batch', 3, 8, 8] }],
  outputs: [{ name: 'scores', type: 'float32', shape: ['batch', 3] }],
  nodes: [
    {
      op: 'ReduceMean',
      inputs: ['image'],
      outputs: ['scores'],
      attributes: { axes: { ints: [2, 3] }, keepdims: { int: 0 } },
    },
  ],
});

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const floats = (values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer);

interface HandlerCase {
  readonly archive: Omit<HandlerArchive, 'name'>;
  /** Rows as TorchServe's REST takes them: JSON, or bytes. */
  readonly rows: readonly unknown[];
  /** The forms that an instance may have, beside a row of JSON itself. */
  readonly forms: Readonly<Record<string, (row: never) => unknown>>;
  /** All rows as columns, by the names of inputs or features. */
  readonly columns?: unknown;
  /** An instance that is refused, and what is said of it. */
  readonly wrong: readonly [instance: unknown, message: string];
}

const VECTORS = [
  [1, 2],
  [0.5, -1],
  [3, 1e-7],
];
const FLOWERS = [
  [1.5, -2.5, -0.5, 0],
  [0.5, 0.5, 2, -0.75],
  [1.75, 1.5, -0.25, 0],
];
const FEATURES = ['a', 'b', 'c', 'd'];
const record = (row: readonly number[]) => Object.fromEntries(row.map((value, index) => [FEATURES[index], value]));

const CASES: Readonly<Record<string, HandlerCase>> = {
  base_handler: {
    archive: {
      model: matMulModel({
        weights: [
          [1, 0],
          [0, 1],
        ],
      }),
    },
    rows: VECTORS,
    forms: {
      data: (row) => ({ data: row }),
      named: (row) => ({ x: row }),
    },
    columns: { x: VECTORS },
    wrong: ['text', 'got the text "text"'],
  },
  'base_handler with bytes': {
    archive: {
      model: matMulModel({
        weights: [
          [1, 0],
          [0, 1],
        ],
      }),
    },
    rows: VECTORS.map(floats),
    forms: {
      b64: (row) => ({ b64: base64(row) }),
      'b64 in data': (row) => ({ data: { b64: base64(row) } }),
      'b64 by name': (row) => ({ x: { b64: base64(row) } }),
    },
    columns: { x: VECTORS.map((row) => ({ b64: base64(floats(row)) })) },
    wrong: [{ b64: 'YWJj' }, '3 bytes'],
  },
  'base_handler with two inputs': {
    archive: { model: sumAndDifferenceModel() },
    rows: VECTORS.map((row) => ({ a: row, b: [1, 1] })),
    forms: { data: (row) => ({ data: row }) },
    columns: { a: VECTORS, b: VECTORS.map(() => [1, 1]) },
    wrong: [[1, 2], 'Expected an object with the inputs'],
  },
  image_classifier: {
    archive: { handler: 'image_classifier', model: MEAN_COLOUR, config: 'image_classifier: { scores: logits }\n' },
    rows: IMAGES,
    forms: {
      b64: (image) => ({ b64: base64(image) }),
      'base64 in data': (image) => ({ data: base64(image) }),
      'b64 in data': (image) => ({ data: { b64: base64(image) } }),
      'TensorFlow’s image_bytes': (image) => ({ image_bytes: { b64: base64(image) }, key: '1' }),
      text: (image) => base64(image),
    },
    columns: { image: IMAGES.map((image) => ({ b64: base64(image) })) },
    wrong: [[1], 'Expected an image'],
  },
  tabular_classifier: {
    archive: {
      handler: 'tabular_classifier',
      model: await fixture('classifiers/logreg__2__str__zip.onnx'),
      config: `tabular_classifier: { features: [${FEATURES.join(', ')}] }\n`,
    },
    rows: FLOWERS,
    forms: { data: (row) => ({ data: row }), features: record, 'features in data': (row) => ({ data: record(row) }) },
    columns: Object.fromEntries(FEATURES.map((name, index) => [name, FLOWERS.map((row) => row[index])])),
    wrong: [{ a: 1 }, 'missing "b", "c", "d"'],
  },
  vector_search: {
    archive: {
      handler: 'vector_search',
      model: identityModel(),
      config: 'vector_search: { k: 1 }\n',
      files: { 'faiss_index.bin': flatIndex(2), 'faiss_label.json': '["origin"]' },
    },
    rows: VECTORS,
    forms: { data: (row) => ({ data: row }) },
    columns: { x: VECTORS },
    wrong: [[1, 2, 3], 'got shape [3]'],
  },
};

const NAMES = Object.keys(CASES);
const modelOf = (name: string) => name.replaceAll(' ', '-');

let daemon: Daemon;
/** What TorchServe's REST answers to the rows, by handler. */
const truths = new Map<string, readonly unknown[]>();

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      for (const [name, { archive }] of Object.entries(CASES))
        await addArchive(store, { name: modelOf(name), ...archive });
    },
  });
  await registerModels(daemon, NAMES.map(modelOf), 'batch_size=8&max_batch_delay=100');
  for (const [name, { rows }] of Object.entries(CASES)) {
    const answers = await Promise.all(rows.map((row) => viaTorchserve(name, row)));
    expect(answers.map(({ status }) => status)).toEqual(rows.map(() => 200));
    truths.set(
      name,
      answers.map((answer) => answer.json()),
    );
  }
});

afterAll(() => daemon.close());

function viaTorchserve(name: string, row: unknown): Promise<Answer> {
  const url = `${daemon.inference}/predictions/${modelOf(name)}`;
  return row instanceof Uint8Array
    ? send(url, { method: 'POST', body: row as Buffer<ArrayBuffer> })
    : sendJson(url, row);
}

const ask = (name: string, body: unknown, verb = 'predict') =>
  sendJson(`${daemon.inference}/v1/models/${modelOf(name)}:${verb}`, body);
const outcome = (answer: Answer) => [answer.status, answer.json()];
const truthOf = (name: string) => truths.get(name) ?? [];
/** All forms of an instance, one after the other. */
const formsOf = ({ rows, forms }: HandlerCase) => {
  const isJson = !rows.some((row) => row instanceof Uint8Array);
  return [...(isJson ? [(row: unknown) => row] : []), ...Object.values(forms)] as ((row: unknown) => unknown)[];
};

describe.each(NAMES)('%s', (name) => {
  const handlerCase = CASES[name] as HandlerCase;
  const { rows, columns, wrong } = handlerCase;

  it('gives for instances and inputs of each form what TorchServe’s REST gives', async () => {
    const predictions = truthOf(name);
    for (const form of formsOf(handlerCase)) {
      for (const key of ['instances', 'inputs']) {
        expect(outcome(await ask(name, { [key]: rows.map(form) }))).toEqual([200, { predictions }]);
      }
    }
    if (columns !== undefined) expect(outcome(await ask(name, { inputs: columns }))).toEqual([200, { predictions }]);
    expect(outcome(await ask(name, { instances: [] }))).toEqual([200, { predictions: [] }]);
  });

  it('answers requests of different numbers of instances in one batch each for itself', async () => {
    const random = createRandom(7);
    const questions = Array.from({ length: 32 }, () =>
      Array.from({ length: random.integer(0, 4) }, () => random.integer(0, rows.length - 1)),
    );
    const forms = formsOf(handlerCase);
    const answers = await Promise.all(
      questions.map((places) => {
        const instances = places.map((place) => forms[random.integer(0, forms.length - 1)]?.(rows[place]));
        return ask(name, { instances });
      }),
    );
    expect(answers.map(outcome)).toEqual(
      questions.map((places) => [200, { predictions: places.map((place) => truthOf(name)[place]) }]),
    );
  });

  it('refuses an instance with its request, and no other', async () => {
    const form = formsOf(handlerCase)[0] as (row: unknown) => unknown;
    const right = { instances: rows.map(form) };
    const [instance, message] = wrong;
    const [before, refused, after] = await Promise.all([
      ask(name, right),
      ask(name, { instances: [form(rows[0]), instance] }),
      ask(name, right),
    ]);
    expect([before, after].map(outcome)).toEqual([0, 1].map(() => [200, { predictions: truthOf(name) }]));
    expect(outcome(refused)).toEqual([400, { error: expect.stringContaining(message) as string }]);
  });

  it('cannot explain, and says so', async () => {
    const answer = await ask(name, { instances: rows.map(formsOf(handlerCase)[0] as () => unknown) }, 'explain');
    expect(outcome(answer)).toEqual([501, { error: expect.stringContaining('explain') as string }]);
  });
});
