import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { post, put, remove, send, sendJson } from '../helpers/http.ts';
import { startPings } from '../helpers/pings.ts';
import { workersOf } from '../helpers/workers.ts';

let daemon: Daemon;
let models: string;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      await addArchive(store, { name: 'm', source: ECHO });
      await addArchive(store, { name: 'm2', version: '2.0', source: ECHO });
    },
  });
  models = `${daemon.management}/models`;
});

beforeEach(async () => {
  await remove(`${models}/m`);
  expect((await post(`${models}?url=m.mar&initial_workers=2`)).status).toBe(200);
});

afterAll(() => daemon.close());

/** Far more than it takes on a busy machine, and less than to read one of those bodies that hold many things. */
const MOST_PING_MS = 500;

const BAD_REQUEST = { code: 400, type: 'BadRequestException' };

describe('a request that cannot be meant so', () => {
  it.each([
    ['min_workers=3', 'Unknown parameter "min_workers". Did you mean min_worker?'],
    ['min-worker=3', 'Unknown parameter "min-worker". Did you mean min_worker?'],
    ['Min_Worker=3', 'Unknown parameter "Min_Worker". Did you mean min_worker?'],
    ['min_worker=3&max_workers=4', 'Unknown parameter "max_workers". Did you mean max_worker?'],
    ['min_worker=three', 'Parameter min_worker must be an integer, got "three".'],
    ['min_worker=1.5', 'Parameter min_worker must be an integer, got "1.5".'],
    ['min_worker=', 'Parameter min_worker must be an integer, got "".'],
    ['min_worker=-1', 'Parameter min_worker must be at least 0, got -1.'],
    ['min_worker=1&min_worker=3', 'Parameter min_worker is given twice, with different values: "1" and "3".'],
    ['min_worker=3&synchronous=maybe', 'Parameter synchronous must be true or false, got "maybe".'],
    ['min_worker=3&max_worker=1', 'max_worker cannot be less than min_worker.'],
  ])('scales nothing: %s', async (query, message) => {
    const answer = await put(`${models}/m?${query}`);
    expect(answer.json()).toEqual({ ...BAD_REQUEST, message });
    expect(await workersOf(daemon, 'm')).toMatchObject([{ status: 'READY' }, { status: 'READY' }]);
  });

  it.each([
    ['initial_worker=1', 'Unknown parameter "initial_worker". Did you mean initial_workers?'],
    ['batchsize=8', 'Unknown parameter "batchsize". Did you mean batch_size?'],
    ['batch-size=8', 'Unknown parameter "batch-size". Did you mean batch_size?'],
    ['batchSize=8', 'Unknown parameter "batchSize". Did you mean batch_size?'],
    ['initial_workers=1.5', 'Parameter initial_workers must be an integer, got "1.5".'],
    ['synchronous=1', 'Parameter synchronous must be true or false, got "1".'],
    ['replace=yes', 'Parameter replace must be true or false, got "yes".'],
    ['model_name=', 'Parameter model_name must be a value, got "".'],
    ['model_name=all', 'A model cannot be called "all": "all" stands for all of them'],
    ['model_name=a%20b', 'A model cannot be called "a b": it must match ^[A-Za-z0-9][A-Za-z0-9_\\-.]*$'],
  ])('registers nothing: %s', async (query, message) => {
    expect((await post(`${models}?url=m2.mar&${query}`)).json()).toEqual({ ...BAD_REQUEST, message });
    const body = { url: 'm2.mar', ...Object.fromEntries(new URLSearchParams(query)) };
    expect((await sendJson(models, body)).json()).toEqual({ ...BAD_REQUEST, message });
    expect((await send(models)).json()).toMatchObject({ models: [{ modelName: 'm' }] });
  });

  it('lists and describes nothing', async () => {
    expect((await send(`${models}?limits=1`)).json()).toMatchObject({ code: 400 });
    expect((await send(`${models}/m?customised=true`)).json()).toMatchObject({ code: 400 });
    expect((await send(`${models}/m?customized=on`)).json()).toMatchObject({ code: 400 });
  });
});

describe('a request that TorchServe takes too', () => {
  it('has a Warning for each parameter that means nothing', async () => {
    const answer = await put(`${models}/m?min_worker=1&synchronous=true&timeout=-1&number_gpu=1`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('warning')).toBe(
      '299 marserve "Unknown parameter timeout is ignored", 299 marserve "Unknown parameter number_gpu is ignored"',
    );
    expect((await put(`${models}/m?min_worker=1&synchronous=true`)).headers.get('warning')).toBeNull();
    const odd = await send(`${models}/m?${encodeURIComponent('"\r\nset-cookie: x=\u{1F600}')}=1`);
    expect(odd.status).toBe(200);
    expect(odd.headers.get('set-cookie')).toBeNull();
  });

  it.each([
    ['application/json', '{"min_worker":1,"synchronous":true}'],
    ['application/x-www-form-urlencoded', 'min_worker=1&synchronous=true'],
  ])('may have its parameters in the body: %s', async (type, body) => {
    const answer = await send(`${models}/m`, { method: 'PUT', body, headers: { 'content-type': type } });
    expect(answer.status).toBe(200);
    await expect.poll(() => workersOf(daemon, 'm')).toHaveLength(1);
  });

  it('may give workers no time at all to start', async () => {
    const answer = await post(`${models}?url=m2.mar&initial_workers=1&startup_timeout=0`);
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('startup_timeout');
    expect((await post(`${models}?url=m2.mar&startup_timeout=0`)).status).toBe(200);
    expect((await send(`${models}/m2`)).json()).toMatchObject([{ startupTimeout: 0 }]);
    expect((await remove(`${models}/m2`)).status).toBe(200);
  });

  it('may bring a config whose keys mean nothing here, and is told', async () => {
    const config = 'deviceType: gpu\nparallelType: pp\nuseJobTicket: true\ncontinuousBatching: false\nbatchsize: 8\n';
    await addArchive(daemon.store, { name: 'odd', source: ECHO, config });
    const answer = await post(`${models}?url=odd.mar&initial_workers=1`);
    expect(answer.status).toBe(200);
    const [described] = (await send(`${models}/odd`)).json<{ warnings?: string[]; batchSize: number }[]>();
    expect(described).toMatchObject({
      batchSize: 1,
      warnings: [
        'deviceType: "gpu" does nothing: models run on the CPU',
        'parallelType: "pp" does nothing: a worker is one process, which holds the whole model',
        'useJobTicket: true does nothing: requests wait in the queue until a worker is free',
        'batchsize is no key of the server, only of the handler. Did you mean batchSize?',
      ],
    });
    expect(answer.headers.get('warning')).toMatch(/deviceType: \?gpu\? does nothing.*Did you mean batchSize\?/);
    await daemon.line('Did you mean batchSize?');
    expect((await remove(`${models}/odd`)).status).toBe(200);
  });

  it('may make a version the default one that is not ready, and is told', async () => {
    await post(`${models}?url=m2.mar&model_name=m`);
    const answer = await put(`${models}/m/2.0/set-default`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('warning')).toBe('299 marserve "Version 2.0 is not ready: no workers were asked for"');
    await put(`${models}/m/1.0/set-default`);
    await remove(`${models}/m/2.0`);
  });
});

describe('parameters without end', () => {
  const types = { json: 'application/json', form: 'application/x-www-form-urlencoded' };
  const many = (count: number, one: (index: number) => string, separator: string) =>
    Array.from({ length: count }, (_, index) => one(index)).join(separator);

  it.each([
    ['a form of one name', types.form, 'a=1&'.repeat(1_600_000)],
    ['a form of many names', types.form, many(400_000, (index) => `k${index}=1`, '&')],
    ['JSON of many keys', types.json, `{${many(400_000, (index) => `"k${index}":1`, ',')}}`],
    ['deep JSON', types.json, `{"a":${'['.repeat(3_000_000)}${']'.repeat(3_000_000)}}`],
    ['a long text', types.json, JSON.stringify({ url: 'x'.repeat(6_000_000) })],
  ])('are refused unread, and hold nobody up: %s', async (_, type, body) => {
    const pings = startPings(daemon);
    for (let round = 0; round < 3; round += 1) {
      const answer = await send(models, { method: 'POST', body, headers: { 'content-type': type } });
      expect(answer.status).toBe(413);
      expect(answer.text).toContain('this endpoint allows 16384 bytes');
    }
    expect((await pings.stop()).at(-1)).toBeLessThan(MOST_PING_MS);
  });
});
