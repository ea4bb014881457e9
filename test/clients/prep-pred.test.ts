/** The pair of examples/prep-pred, each half with the other of Python: a client as the pattern's own, and a server of grpcio and onnxruntime. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../helpers/free-addresses.ts';
import { send, sendJson } from '../helpers/http.ts';
import { addPrep, PREP_PRED, runScript, type ScriptRun } from '../helpers/prep-pred.ts';
import { missingPython, runPython, startPython } from '../helpers/python.ts';

const MODEL_PATH = path.join(PREP_PRED, 'pred/model.onnx');
const missing = missingPython();

describe.skipIf(missing !== undefined)(`prep and pred${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let folder: string;
  let ours: string;
  let theirs: string;
  const running: ScriptRun[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'marserve-prep-pred-'));
    [ours = '', theirs = ''] = await Promise.all([freePort(), freePort()].map(async (port) => String(await port)));
    await addPrep(folder);
    const pred = path.join(PREP_PRED, 'pred/onnx_runtime_server_entrypoint.sh');
    const http = String(await freePort());
    running.push(await runScript(pred, { TMPDIR: folder, HTTP_PORT: http, GRPC_PORT: ours }));
    const variables = { GRPC_PORT: theirs, MODEL_PATH };
    const isReady = () => isOpen(Number(theirs));
    running.push(await startPython({ command: ['prep_pred_server.py'], variables, isReady }));
  });

  afterAll(async () => {
    await Promise.all(running.map((each) => each.close()));
    await rm(folder, { recursive: true, force: true });
  });

  it('a Python client gets of our pred what ONNX Runtime has', async () => {
    const variables = { GRPC_INFERENCE: `127.0.0.1:${ours}`, MODEL_PATH };
    expect(await runPython('prep_pred_client.py', variables)).toBe('equal\n');
  });

  it('our prep answers the same before a pred of Python as before ours', async () => {
    const preps = await Promise.all([ours, theirs].map((predictor) => startPrep(predictor)));
    const data = (await readFile(path.join(PREP_PRED, 'data/cat.jpg'))).toString('base64');
    const [own = [], foreign = []] = await Promise.all(
      preps.map(
        async (prep) => (await sendJson(`${prep}/predict`, { data })).json<{ prediction: [number[]] }>().prediction[0],
      ),
    );
    expect(foreign).toEqual(own.map((probability) => expect.closeTo(probability, 5) as number));
    for (const prep of preps) {
      expect((await send(`${prep}/predict/test/label`)).json()).toEqual({ prediction: 'Egyptian cat' });
      expect((await send(`${prep}/v2/models/prep/ready`)).status).toBe(200);
    }
  });

  async function startPrep(predictor: string): Promise<string> {
    const port = String(await freePort());
    const place = { TMPDIR: folder, MODEL_STORE: folder, WORKERS: '1', PORT: port };
    running.push(
      await runScript(path.join(PREP_PRED, 'prep/run.sh'), {
        ...place,
        API_ADDRESS: '127.0.0.1',
        GRPC_PORT: predictor,
      }),
    );
    return `http://127.0.0.1:${port}`;
  }
});

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const [opened] = await Promise.race([
    once(socket, 'connect').then(() => [true] as const),
    once(socket, 'close').then(() => [false] as const),
  ]).catch(() => [false] as const);
  socket.destroy();
  return opened;
}
