/** The Open Inference Protocol as the clients of Triton and KServe speak it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addIdentities } from '../fixtures/identity-archives.ts';
import { sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { freePort } from '../helpers/free-addresses.ts';
import { missingPython, runPython } from '../helpers/python.ts';

const missing = missingPython();

describe.skipIf(missing !== undefined)(`Python clients${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let daemon: Daemon;

  beforeAll(async () => {
    const address = `http://127.0.0.1:${await freePort()}`;
    daemon = await startDaemon({ config: { inference_address: address, management_address: address } });
    const names = await addIdentities(daemon.store);
    await addArchive(daemon.store, { name: 'idle', model: sumAndDifferenceModel() });
    await addArchive(daemon.store, { name: 'sum', model: sumAndDifferenceModel() });
    await registerModels(daemon, ['sum', ...names]);
  });

  afterAll(() => daemon.close());

  it('of Triton get what numpy has, as JSON and as bytes, compressed too, and all extensions', async () => {
    const said = await runPython('oip_http.py', { INFERENCE_URL: daemon.inference });
    expect(said.trim().split('\n')).toEqual([
      'ask_of_the_server',
      'carry_all_datatypes',
      'ask_for_outputs',
      'compress',
      'be_refused',
      'load_and_unload',
      'count',
      'classify',
      'say_more',
      'switch_the_log',
      'be_refused_shared_memory',
    ]);
  });

  it('of KServe get answers, as JSON and as bytes', async () => {
    expect(await runPython('oip_kserve.py', { INFERENCE_URL: daemon.inference })).toBe('answered\n');
  });
});
