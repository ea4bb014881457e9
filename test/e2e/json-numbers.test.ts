/** Long lists of numbers as JSON, which have a reader of their own in the worker, in every form in which they may come. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { sendJson } from '../helpers/http.ts';
import { createRandom } from '../helpers/random.ts';

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: (store) => addArchive(store, { name: 'same', model: identityModel({ shape: ['batch', 200] }) }),
  });
  await registerModels(daemon, ['same']);
});

afterAll(() => daemon?.close());

/** How a list of rows is asked for, and where the answer has them; rows are texts, since what they say is looked at. */
const FORMS = {
  'as the body': { path: '/predictions/same', body: (rows: string) => rows, result: (answer: unknown) => answer },
  'by name': {
    path: '/predictions/same',
    body: (rows: string) => `{"x": ${rows}}`,
    result: (answer: unknown) => answer,
  },
  'as instances': {
    path: '/v1/models/same:predict',
    body: (rows: string) => `{"instances": ${rows}}`,
    result: (answer: unknown) => (answer as { predictions: unknown }).predictions,
  },
  'as a column': {
    path: '/v1/models/same:predict',
    body: (rows: string) => `{"inputs": {"x": ${rows}}}`,
    result: (answer: unknown) => (answer as { predictions: unknown }).predictions,
  },
  'as data': {
    path: '/v2/models/same/infer',
    body: (rows: string) => `{"inputs": [{"name": "x", "shape": [2, 200], "datatype": "FP32", "data": ${rows}}]}`,
    result: (answer: unknown) => (answer as { outputs: { data: unknown }[] }).outputs[0]?.data,
  },
} as const;
type Form = keyof typeof FORMS;
const NAMES = Object.keys(FORMS) as Form[];

const ask = (form: Form, rows: string) => sendJson(`${daemon.inference}${FORMS[form].path}`, FORMS[form].body(rows));

const random = createRandom(23);
const digits = (count: number) => Array.from({ length: count }, () => random.integer(0, 9)).join('');

function numberText(): string {
  const value = (random.next() - 0.5) * 10 ** random.integer(-8, 8);
  return random.pick([
    () => String(value),
    () => String(Math.fround(value)),
    () => value.toExponential(random.integer(0, 17)),
    () => `-0.${digits(random.integer(1, 30))}`,
    () =>
      `${random.integer(1, 9)}${digits(random.integer(0, 12))}.${digits(random.integer(1, 12))}E-${random.integer(0, 50)}`,
    () => `${random.integer(1, 9)}${digits(random.integer(0, 20))}`,
    () => random.pick(['-0', '0.0', '1e-45', '7e-46', '3.4e38', '-1e-400', '16777217', '0.1']),
  ])();
}

const rowText = () => `[${Array.from({ length: 200 }, numberText).join(random.pick([',', ', ', ' ,\n']))}]`;
const floats = (values: unknown) => Array.from([values].flat(Infinity) as number[], Math.fround);

describe.each(NAMES)('numbers %s', (form) => {
  it('are floats as JSON.parse and a Float32Array have them', async () => {
    for (let round = 0; round < 5; round += 1) {
      const rows = `[${rowText()}, ${rowText()}]`;
      const answer = await ask(form, rows);
      expect(answer.status, answer.text).toBe(200);
      expect(floats(FORMS[form].result(answer.json<unknown>()))).toEqual(floats(JSON.parse(rows)));
    }
  });

  it.each([
    ['another value', (row: string) => row.replace(/,/, ', "NaN",').replace(/,[^,]*\]/, ']'), 200],
    ['a wrong number', (row: string) => row.replace(/,/, ', 01,'), 400],
    ['a comma too many', (row: string) => row.replace(/\]/, ',]'), 400],
    ['one too many', (row: string) => row.replace(/\]/, ',1]'), 400],
  ])('with %s among them are answered as without a reader of their own', async (_, change, status) => {
    const row = rowText();
    const answer = await ask(form, `[${change(row)}, ${row}]`);
    expect(answer.status, answer.text).toBe(status);
  });
});
