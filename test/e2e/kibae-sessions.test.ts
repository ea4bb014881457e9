/** The session API of kibae's onnxruntime-server: sessions of the model store are listed, created, executed and destroyed. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityModel, sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { remove, send, sendJson } from '../helpers/http.ts';

let daemon: Daemon;
let api: string;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      await mkdir(path.join(store, 'sum/2'), { recursive: true });
      await writeFile(path.join(store, 'sum/2/model.onnx'), sumAndDifferenceModel(['batch', 2]));
      await writeFile(path.join(store, 'sum/1.onnx'), sumAndDifferenceModel(['batch', 2]));
      await writeFile(path.join(store, 'truth.onnx'), identityModel({ type: 'bool', shape: ['batch', 2] }));
      await writeFile(path.join(store, 'broken.onnx'), 'no model');
    },
  });
  api = `${daemon.inference}/api`;
});

afterAll(() => daemon?.close());

const create = (body: unknown) => sendJson(`${daemon.management}/api/sessions`, body);
const execute = (session: string, inputs: unknown) => sendJson(`${api}/sessions/${session}`, inputs);

describe('a session', () => {
  it('is created of the model store, told, executed and destroyed', async () => {
    expect((await send(`${api}/sessions`)).json()).toEqual([]);
    const described = {
      model: 'sum',
      version: '2',
      created_at: expect.any(Number) as number,
      last_executed_at: 0,
      execution_count: 0,
      inputs: { a: 'float32[-1,2]', b: 'float32[-1,2]' },
      outputs: { sum: 'float32[-1,2]', difference: 'float32[-1,2]' },
      option: {},
    };
    const created = await create({ model: 'sum', version: 2, option: {} });
    expect([created.status, created.json()]).toEqual([200, described]);
    expect(created.json<{ created_at: number }>().created_at).toBeGreaterThan(1_600_000_000);
    expect((await send(`${api}/sessions`)).json()).toEqual([described]);
    const answer = await execute('sum/2', { a: [[5, 3]], b: [[1, 2]] });
    expect([answer.status, answer.json()]).toEqual([200, { sum: [[6, 5]], difference: [[4, 1]] }]);
    const after = (await send(`${api}/sessions/sum/2`)).json<{ last_executed_at: number }>();
    expect(after).toMatchObject({ execution_count: 1 });
    expect(after.last_executed_at).toBeGreaterThan(1_600_000_000);
    const destroyed = await remove(`${daemon.management}/api/sessions/sum/2`);
    expect([destroyed.status, destroyed.text]).toEqual([200, 'true']);
    expect((await send(`${api}/sessions`)).json()).toEqual([]);
  });

  it('takes lists however they are nested, and leaves out what the model does not take', async () => {
    expect((await create({ model: 'sum', version: '1' })).status).toBe(200);
    const inputs = {
      a: [5, 3, 1, 1],
      b: [
        [[1], [2]],
        [[3], [4]],
      ],
      c: 'x',
    };
    expect((await execute('sum/1', inputs)).json()).toMatchObject({
      sum: [
        [6, 5],
        [4, 5],
      ],
    });
    expect((await create({ model: 'truth', version: 1 })).json()).toMatchObject({ inputs: { x: 'boolean[-1,2]' } });
    expect((await execute('truth/1', { x: [true, false] })).json()).toEqual({ y: [[true, false]] });
  });

  it.each([
    [{ model: 'none', version: 1 }, 404, 'not_found_error', /model not found: none\/1/],
    [{ model: 'sum', version: '9' }, 404, 'not_found_error', /sum\/9\/model\.onnx/],
    [{ model: '../../etc', version: '1' }, 404, 'not_found_error', /model not found/],
    [{ model: 'sum', version: '1' }, 409, 'conflict_error', /already exists: sum\/1/],
    [{ model: 'broken', version: '1' }, 400, 'bad_request_error', /broken\.onnx is not an ONNX model/],
    [{ model: 'sum' }, 400, 'bad_request_error', /"version"/],
    [{ version: 1 }, 400, 'bad_request_error', /"model"/],
    [[], 400, 'bad_request_error', /JSON object/],
    [{ model: 'sum', version: 2, option: { cuda: true } }, 501, 'runtime_error', /"cuda" is not taken/],
  ])('asked for with %j is %i', async (body, status, error_type, message) => {
    const answer = await create(body);
    expect([answer.status, answer.json()]).toEqual([
      status,
      { error_type, error: expect.stringMatching(message) as string },
    ]);
  });

  it.each([
    ['sum/1', { a: [[5, 3]] }, 400, /Input "b": expected a list, got nothing/],
    ['sum/1', { a: [[5, 3, 1]], b: [[1, 2]] }, 400, /Input "a": expected lists of the shape \[-1, 2\], got 3 values/],
    ['sum/1', { a: [['x', 3]], b: [[1, 2]] }, 400, /"x"/],
    ['sum/1', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)},"b":[[1,2]]}`, 400, /Input "a"/],
    ['sum/1', '{', 400, /not JSON/],
    ['sum/1', '[]', 400, /JSON object with the inputs/],
    ['sum/7', {}, 404, /7/],
    ['none/1', {}, 404, /none/],
  ])('%s executed with %j is %i', async (session, inputs, status, message) => {
    const answer = await execute(session, inputs);
    const error_type = status === 404 ? 'not_found_error' : 'bad_request_error';
    expect([answer.status, answer.json()]).toEqual([
      status,
      { error_type, error: expect.stringMatching(message) as string },
    ]);
  });

  it('that there is not cannot be told or destroyed', async () => {
    expect((await send(`${api}/sessions/none/1`)).status).toBe(404);
    expect((await remove(`${daemon.management}/api/sessions/none/1`)).json()).toMatchObject({
      error_type: 'not_found_error',
    });
  });
});

it('the server tells its health and the version of ONNX Runtime', async () => {
  expect((await send(`${daemon.inference}/health`)).text).toBe('OK');
  expect((await send(`${api}/version`)).text).toMatch(/^\d+\.\d+\.\d+$/);
});
