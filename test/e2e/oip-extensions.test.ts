/** Triton's extensions: what `/v2` names works, and nothing else is there; what is logged can be switched. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { freePort } from '../helpers/free-addresses.ts';
import { post, send, sendJson, type Answer } from '../helpers/http.ts';
import { infer, inferBinary, SUM_INPUTS } from '../helpers/oip.ts';

let daemon: Daemon;

beforeAll(async () => {
  const address = `http://127.0.0.1:${await freePort()}`;
  daemon = await startDaemon({
    config: { inference_address: address, management_address: address, access_log: 'info' },
    fill: (store) => addArchive(store, { name: 'sum', model: sumAndDifferenceModel() }),
  });
  await registerModels(daemon, ['sum']);
});

afterAll(() => daemon.close());

const v2 = (path: string) => `${daemon.inference}/v2${path}`;
const SUM = '/models/sum';
/** What a client of each extension asks, and whether it was answered as the extension has it. */
const QUESTIONS: Readonly<Record<string, () => Promise<boolean>>> = {
  binary_tensor_data: async () => {
    const json = { inputs: SUM_INPUTS, parameters: { binary_data_output: true } };
    return (await inferBinary(v2(SUM), { json, bytes: Buffer.alloc(0) })).binary.length === 16;
  },
  classification: () => asked({ outputs: [{ name: 'sum', parameters: { classification: 1 } }] }, '"6.000000:1"'),
  generate: async () => (await sendJson(v2(`${SUM}/generate`), { a: [1, 2], b: [3, 4] })).text.includes('"sum":[4,6]'),
  logging: () => isOk(send(v2('/logging'))),
  model_configuration: () => isOk(send(v2(`${SUM}/config`))),
  model_repository: () => isOk(post(v2('/repository/index'))),
  'model_repository(unload_dependents)': async () => {
    const parameters = { unload_dependents: true };
    return (await sendJson(v2('/repository/models/nobody/unload'), { parameters })).text.includes('nobody');
  },
  model_repository_extension: () => isOk(post(v2('/repository/models/sum/load'))),
  parameters: () => asked({ parameters: { own: 'x' } }, '"sum"'),
  schedule_policy: () => asked({ parameters: { timeout: 60_000_000 } }, '"sum"'),
  statistics: () => isOk(send(v2('/models/stats'))),
};
/** What Triton has beyond those, and one path of each. */
const OTHERS: Readonly<Record<string, string>> = {
  trace: '/trace/setting',
  system_shared_memory: '/systemsharedmemory/status',
  cuda_shared_memory: '/cudasharedmemory/status',
};

const isOk = async (answer: Promise<Answer>) => (await answer).status === 200;
const asked = async (more: object, text: string) =>
  (await infer(v2(SUM), { inputs: SUM_INPUTS, ...more })).text.includes(text);

describe('the extensions that the server names', () => {
  it('are those that work, and no others', async () => {
    const { extensions } = (await send(v2(''))).json<{ extensions: string[] }>();
    expect(extensions.toSorted()).toEqual(Object.keys(QUESTIONS).toSorted());
    for (const [name, ask] of Object.entries(QUESTIONS)) expect([name, await ask()]).toEqual([name, true]);
    for (const path of Object.values(OTHERS)) expect([404, 501]).toContain((await send(v2(path))).status);
  });

  it('each have a path in the description of the API, where they have one of their own', async () => {
    const options = await send(daemon.inference, { method: 'OPTIONS' });
    const { paths } = options.json<{ paths: Record<string, unknown> }>();
    for (const path of ['generate', 'generate_stream', 'config', 'stats']) {
      expect(Object.keys(paths)).toContain(`/v2/models/{model_name}/${path}`);
    }
    for (const path of ['/v2/logging', '/v2/repository/index']) expect(Object.keys(paths)).toContain(path);
  });
});

it('every body of a request has a schema in the description of the API', async () => {
  const options = await send(daemon.inference, { method: 'OPTIONS' });
  interface Operation {
    readonly responses: object;
    readonly requestBody?: {
      readonly content: Readonly<Record<string, { readonly schema: { type?: string; oneOf?: object[] } }>>;
    };
  }
  const { paths } = options.json<{ paths: Record<string, Record<string, Operation>> }>();
  const posts = Object.entries(paths).flatMap(([path, { post: operation }]) =>
    // The others are there to be refused.
    operation !== undefined && path.startsWith('/v2/') && '200' in operation.responses ? [{ path, operation }] : [],
  );
  expect(posts).toHaveLength(13);
  for (const { path, operation } of posts) {
    const schema = operation.requestBody?.content['application/json']?.schema;
    // Feedback may be one, or a list of several.
    expect([path, schema?.oneOf === undefined ? schema?.type : 'object']).toEqual([path, 'object']);
  }
});

describe('logging', () => {
  const SETTINGS = {
    log_file: '',
    log_info: true,
    log_warning: true,
    log_error: true,
    log_verbose_level: 0,
    log_format: 'ISO8601',
  };

  it('switches lines on and off while the server runs, for all that log already', async () => {
    expect((await send(v2('/logging'))).json()).toEqual(SETTINGS);
    const quiet = await sendJson(v2('/logging'), { log_info: false, log_verbose_level: 2 });
    expect(quiet.json()).toEqual({ ...SETTINGS, log_info: false, log_verbose_level: 1 });
    await send(v2('/models/unseen'));
    await daemon.line('request refused');
    const loud = await sendJson(v2('/logging'), { log_info: true, log_verbose_level: 0, log_file: '' });
    expect(loud.json()).toEqual(SETTINGS);
    await send(v2('/models/seen'));
    await daemon.line('/v2/models/seen');
    expect(daemon.output()).not.toContain('/v2/models/unseen');
  });

  it.each([
    [{ log_file: '/tmp/other' }, 501, 'stays ""'],
    [{ log_format: 'default' }, 501, 'stays "ISO8601"'],
    [{ log_info: 1 }, 400, 'expected a boolean'],
    [{ log_verbose_level: -1 }, 400, 'expected an integer'],
    [{ log_level: true }, 400, 'Unknown log setting "log_level"'],
    ['[]', 400, 'expected a JSON object'],
  ])('refuses %j, and changes nothing', async (settings, status, text) => {
    const given = typeof settings === 'string' ? settings : { log_error: false, ...settings };
    const answer = await sendJson(v2('/logging'), given);
    expect([answer.status, answer.json().error]).toEqual([status, expect.stringContaining(text)]);
    expect((await send(v2('/logging'))).json()).toEqual(SETTINGS);
  });
});
