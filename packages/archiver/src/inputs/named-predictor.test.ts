import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readManifest } from '../format/read-manifest.ts';
import { packageModel } from '../package-model.ts';
import type { PackageOptions } from '../package-options.ts';
import { createProject, type Project } from '../test-support/project.ts';
import { BASICS, run } from '../test-support/run-archiver.ts';

const hex = (text: string) => createHash('sha256').update(text).digest('hex');
const DIGEST = `sha256:${hex('weights')}`;

async function createPredictor(): Promise<Project> {
  const project = await createProject({ 'price.onnx': 'weights', 'price.bin': 'tables' });
  const predictor = { modelName: 'price', version: '2.0', handler: project.at('handler.ts'), validate: false };
  await packageModel({ ...predictor, serializedFile: project.at('price.onnx'), exportPath: project.store });
  await packageModel({ ...predictor, modelName: 'no-file', exportPath: project.store });
  return project;
}

async function manifestOf(changes: (project: Project) => Partial<PackageOptions>) {
  const project = await createPredictor();
  const { path } = await packageModel(project.options({ validate: false, force: true, ...changes(project) }));
  return (await readManifest(path)).predictor;
}

describe('the predictor in the manifest', () => {
  it('is what the options say', async () => {
    expect(await manifestOf(() => ({}))).toBeUndefined();
    expect(await manifestOf(() => ({ predictor: 'price' }))).toEqual({ name: 'price' });
    expect(await manifestOf(() => ({ predictor: 'price@1.0' }))).toEqual({ name: 'price', version: '1.0' });
    expect(await manifestOf(() => ({ predictorDigest: DIGEST.toUpperCase() }))).toEqual({ digest: DIGEST });
    expect(await manifestOf(() => ({ predictor: 'price@1', predictorDigest: hex('weights') }))).toEqual({
      name: 'price',
      version: '1',
      digest: DIGEST,
    });
  });

  it('is what is in its model: a file, an archive in any format', async () => {
    expect(await manifestOf(({ at }) => ({ predictorModel: at('price.onnx') }))).toEqual({ digest: DIGEST });
    const whole = { name: 'price', version: '2.0', digest: DIGEST };
    expect(await manifestOf(({ at }) => ({ predictorModel: at('store/price.mar') }))).toEqual(whole);
    const named = await manifestOf(({ at }) => ({ predictor: 'houses@2.0', predictorModel: at('store/price.mar') }));
    expect(named).toEqual({ ...whole, name: 'houses' });
  });
});

describe('the command', () => {
  it.each([
    [['--predictor', 'a b'], /--predictor a b: expected NAME or NAME@VERSION/],
    [['--predictor', 'price@'], /expected NAME or NAME@VERSION/],
    [['--predictor-digest', 'md5:1'], /--predictor-digest md5:1: expected "sha256:" and 64 hexadecimal digits/],
    [['--predictor-model', 'gone.onnx'], /File does not exist: gone.onnx \(--predictor-model\)/],
    [['--predictor-model', 'store/no-file.mar'], /has no serialized file.*--predictor NAME@VERSION/],
    [['--predictor-model', 'price.bin'], /price.bin/],
    [['--predictor-model', 'store/price.mar', '--predictor', 'price@1.0'], /says 1.0, but .* is 2.0/],
    [['--predictor-model', 'price.onnx', '--predictor-digest', hex('others')], /says sha256:.* but .* is sha256:/],
  ])('refuses %j', async (flags, problem) => {
    const project = await createPredictor();
    const { code, err } = await run(project.folder, ...BASICS, ...flags);
    expect([code, err]).toEqual([1, expect.stringMatching(problem)]);
  });

  it('shows it', async () => {
    const project = await createPredictor();
    const { code } = await run(project.folder, ...BASICS, '--predictor-model', 'store/price.mar');
    expect(code).toBe(0);
    expect((await run(project.folder, 'inspect', 'm.mar')).out).toContain(`price@2.0 ${DIGEST}`);
  });
});
