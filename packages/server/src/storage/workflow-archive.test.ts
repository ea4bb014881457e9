import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import AdmZip from 'adm-zip';
import { expect, it, onTestFinished } from 'vitest';
import { createArchiveReaders } from '../threads/archive-readers.ts';
import { createTaskThread } from '../threads/task-thread.ts';
import { extractWorkflowModel, readWorkflowModel } from './workflow-archive.ts';

/** An archive whose spec is long. */
async function longWorkflow(): Promise<{ readonly folder: string; readonly archive: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'marserve-workflow-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const zip = new AdmZip();
  const workflow = { workflowName: 'long', specFile: 'long.yaml' };
  zip.addFile('WAR-INF/MANIFEST.json', Buffer.from(JSON.stringify({ workflow })));
  zip.addFile('long.yaml', Buffer.from(`models: { a: { url: a.mar } }\ndag: { a: [] }\n${'# more\n'.repeat(100_000)}`));
  const archive = path.join(folder, 'long.war');
  zip.writeZip(archive);
  return { folder, archive };
}

it('is a model of the handler workflow', async () => {
  const { archive } = await longWorkflow();
  const { workflowParsers: parsers } = createArchiveReaders(createTaskThread());
  const model = { modelName: 'long', modelVersion: '1.0', handler: 'workflow' };
  expect(await readWorkflowModel(archive, { parsers })).toEqual({ runtime: 'node', model });
});

it('has its long texts read in a thread, which is ended when that takes too long', async () => {
  const { folder, archive } = await longWorkflow();
  const { workflowParsers: parsers } = createArchiveReaders(createTaskThread({ timeoutMs: 1 }));
  const error = {
    code: 'too_large',
    message: 'The archive is too large: reading its spec takes longer than 0.001 s.',
  };
  await expect(readWorkflowModel(archive, { parsers })).rejects.toMatchObject(error);
  await expect(extractWorkflowModel(archive, path.join(folder, 'out'), { parsers })).rejects.toMatchObject(error);
});
