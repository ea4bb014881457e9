import { describe, expect, it } from 'vitest';
import { missingPython, runPython } from '../helpers/python.ts';

const missing = missingPython();

describe.skipIf(missing !== undefined)(`Python clients${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it.each(['grpc_tools.protoc', 'kserve', 'tritonclient.grpc', 'tritonclient.http'])('can import %s', async (name) => {
    const said = await runPython('installed.py', { MODULE: name, INFERENCE_URL: 'http://127.0.0.1:1' });
    expect(said).toBe(`${name} http://127.0.0.1:1\n`);
  });

  it('that fail say why', async () => {
    await expect(runPython('failing.py', {})).rejects.toThrow(/failing\.py failed: [^]*the sum is wrong/);
  });
});
