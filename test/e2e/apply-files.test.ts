/** `model-server --apply FILE…`: what files of services are served as from the start, and what they would become. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { service } from '../fixtures/service-files.ts';
import { addWorkflow } from '../fixtures/workflow-archives.ts';
import { addArchive } from '../helpers/archives.ts';
import { SERVER_CLI, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';

const PLUS_WORKFLOW = {
  name: 'plus',
  spec: 'models: { a: { url: double.mar } }\ndag: { pre: [a, a] }',
  handler: 'export const pre = (rows) => rows.map(({ body }) => body.map((row) => row.map((value) => value + 1)));',
};

describe('--apply', () => {
  it('serves files at the start, and what they ask for by now at the next', async () => {
    const fill = (store: string) => addArchive(store, { name: 'double', model: matMulModel({ weights: [[2]] }) });
    const first = await startDaemon({ fill });
    await first.end();
    const file = path.join(first.root, 'service.yaml');
    await writeFile(
      file,
      `${service('onnx: { storageUri: pvc://c/double.mar }')}---\nname: g\ngraph: { model: sum }\n`,
    );
    addWorkflow(first.root, PLUS_WORKFLOW);
    const args = ['--apply', file, path.join(first.root, 'plus.war')];
    const price = async (server: Daemon) =>
      (await sendJson(`${server.inference}/v1/models/g:predict`, { instances: [[4]] })).text;
    const second = await startDaemon({ root: first.root, args });
    await expect.poll(async () => (await send(`${second.inference}/ready`)).status).toBe(200);
    expect(await price(second)).toBe('{"predictions":[[8]]}');
    const plus = async (server: Daemon) => (await sendJson(`${server.inference}/wfpredict/plus`, [[4]])).json();
    expect(await plus(second)).toEqual([[10]]);
    await second.line('names a again');
    await second.end();
    const third = await startDaemon({ root: first.root, args });
    try {
      await third.line('services are ready');
      await expect.poll(async () => (await send(`${third.inference}/ready`)).status).toBe(200);
      expect([await price(third), await plus(third)]).toEqual(['{"predictions":[[8]]}', [[10]]]);
      const all = (await send(`${third.management}/models/g/all`)).json<{ modelVersion: string }[]>();
      expect(all.map(({ modelVersion }) => modelVersion)).toEqual(['1.0']);
    } finally {
      await third.close();
    }
  });

  it('--dry-run shows what a file becomes, with the lines of what does nothing', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'marserve-dry-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'dry.yaml');
    await writeFile(file, service('serviceAccountName: x, onnx: { storageUri: "https://host/iris.mar" }'));
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, [SERVER_CLI, '--model-store', folder, ...args]);
    const { stdout } = await run('--apply', file, '--dry-run');
    expect(stdout).toContain('  sum (InferenceService "sum"): https://host/iris.mar\n');
    expect(stdout).toContain('WARNING - dry.yaml:5: spec.predictor.serviceAccountName does nothing here');
    await expect(run('--dry-run')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--dry-run needs --apply FILE'),
    });
    addWorkflow(folder, PLUS_WORKFLOW);
    const archive = path.join(folder, 'plus.war');
    const shown = (await run('--apply', archive, '--dry-run')).stdout;
    expect(shown).toContain('  plus__a (node "a" of workflow "plus"): double.mar with ');
    expect(shown).toContain(`  plus (workflow "plus"): ${archive} with `);
    expect(shown).toContain('WARNING - spec.yaml:2: dag.pre[1]: names a again');
    addWorkflow(folder, { name: 'plus', spec: PLUS_WORKFLOW.spec });
    await expect(run('--apply', archive, '--dry-run')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`ERROR - ${archive}: `),
    });
    const spec = path.join(folder, 'houses.yaml');
    await writeFile(
      spec,
      'models: { first: { url: double.mar, batch-size: 2 }, second: { url: double.mar } }\ndag:\n  first: [second, second]\n',
    );
    const lines = (await run('--apply', spec, '--dry-run')).stdout;
    expect(lines).toContain('  houses__first (node "first" of workflow "houses"): double.mar with ');
    expect(lines).toContain('"batchSize":2');
    expect(lines).toContain('  houses__second (node "second" of workflow "houses"): double.mar with ');
    expect(lines).toContain('  houses (workflow "houses"): the built-in handler workflow with ');
    expect(lines).toContain('WARNING - houses.yaml:3: dag.first[1]: names second again');
    await writeFile(spec, PLUS_WORKFLOW.spec);
    await expect(run('--apply', spec, '--dry-run')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ERROR - houses.yaml: dag names pre, not under models'),
    });
    await writeFile(file, 'kind: Pod');
    await expect(run('--apply', file, '--dry-run')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ERROR - dry.yaml: it has none of'),
    });
  });
});
