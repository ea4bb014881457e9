/** Handlers that are served straight from their source, as KServe starts a transformer. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MORE } from '../fixtures/local-transformers.ts';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';
import { start } from '../helpers/restart.ts';

let folder: string;
const file = (name: string) => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'handler-source-'));
  await writeFile(
    file('more-expensive.ts'),
    `import { one } from './one.ts';\n${MORE.replace('price + 1', 'price + one')}`,
  );
  await writeFile(file('one.ts'), 'export const one: number = 1;\n');
  await writeFile(file('broken.ts'), 'export default class Broken {\n  handle(rows { return rows; }\n}\n');
  await writeFile(
    file('cents.ts'),
    `import { BaseHandler } from '@marserve/handlers';
     export default class Cents extends BaseHandler {
       override postprocess(outputs) {
         return outputs.map(({ price }) => 100 * Number(price.data[0]));
       }
     }`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a transformer is started with KServe’s whole command line', async () => {
  const daemon = await start({
    fill: (store) => addArchive(store, { name: 'price', model: HOUSE_PRICE }),
    args: [
      ...`--model_name houses --predictor_host local:price --protocol v1 --workers 1 --enable_docs_url true
        --configure_logging true --log_config_file log.yaml --event-loop auto --timeout-keep-alive 65 --max_threads 4
        --grpc_max_send_message_length 8388608 --grpc_max_receive_message_length 8388608 --enable_latency_logging true
        --model_dir /mnt/of-nobody --max_asyncio_workers 4 --predictor_use_ssl false`.split(/\s+/),
      '--access_log_format',
      '%(asctime)s %(message)s',
      '--handler',
      file('more-expensive.ts'),
    ],
  });
  for (const flag of ['enable-docs-url', 'configure-logging', 'log-config-file', 'access-log-format']) {
    await daemon.line(`--${flag} does nothing`);
  }
  await registerModels(daemon, ['price']);
  const answer = await sendJson(`${daemon.inference}/v1/models/houses:predict`, { instances: [[80, 3, 12]] });
  expect(answer.json()).toEqual({ predictions: [[259]] });
  const large = await sendJson(`${daemon.inference}/v1/models/houses:predict`, { instances: ['x'.repeat(8_000_000)] });
  expect(large.status).not.toBe(413);
  expect((await send(`${daemon.inference}/v1/models`)).json()).toEqual({ models: ['houses', 'price'] });
});

it('is the handler of an ONNX file', async () => {
  const daemon = await start({
    fill: (store) => writeFile(path.join(store, 'price.onnx'), HOUSE_PRICE),
    args: ['--models', 'euros=price.onnx', '--handler', file('cents.ts')],
  });
  expect((await sendJson(`${daemon.inference}/predictions/euros`, [80, 3, 12])).json()).toBe(25_800);
});

it('that cannot be bundled is told with file and line', async () => {
  const daemon = await start({ args: ['--handler', file('broken.ts')], startedWith: 'listening' });
  expect(await daemon.line('could not be bundled')).toMatch(/broken\.ts:2:\d+/);
  const answer = await sendJson(`${daemon.inference}/predictions/model`, 1);
  expect(answer.status).toBe(503);
});
