import { describe, expect, it } from 'vitest';
import { packageModel } from '../package-model.ts';
import { QUICK, createProject } from '../test-support/project.ts';

async function packaged(yaml: string | Buffer, runtime?: 'python') {
  const { at, options } = await createProject({ 'm.yaml': yaml });
  const warnings: string[] = [];
  const onWarning = (text: string): unknown => warnings.push(text.replace(at('m.yaml'), 'm.yaml'));
  const handler = runtime === undefined ? {} : { handler: 'base_handler', runtime };
  const packaging = packageModel(options({ ...QUICK, ...handler, configFile: at('m.yaml'), onWarning }));
  const failure = await packaging.then(
    () => undefined,
    (error: Error) => error.message.replaceAll(at('m.yaml'), 'm.yaml'),
  );
  return { failure, warnings };
}

describe("the model's YAML file", () => {
  it.each([
    ['batchSize: four', ['batchSize: expected auto or an integer from 1, came "four"']],
    [
      'batchSize: 0\nminWorkers: x',
      ['minWorkers: expected an integer from 0, came "x"', 'batchSize: expected auto or an integer from 1, came 0'],
    ],
    ['responseTimeout: 1.5', ['responseTimeout: expected an integer from 1, came 1.5']],
    ['minWorkers: 3\nmaxWorkers: 2', ['maxWorkers: expected at least minWorkers (3), came 2']],
    ['- a', ['expected a mapping of keys to values, came ["a"]']],
    ['a: 1\na: 2', ['expected YAML: duplicated mapping key at line 2, column 1']],
    ['a: !!python/object:x.Y {}', [/expected YAML: unknown .*tag/]],
    ['a: [', [/^m\.yaml \(--config-file\): expected YAML: [^\n]+ at line 1/]],
    ['x'.repeat(1000), [/expected a mapping of keys to values, came "x{50,60}…?/]],
  ] satisfies [string, (string | RegExp)[]][])('is refused as by the server: %s', async (yaml, problems) => {
    const { failure } = await packaged(yaml);
    expect(failure?.split('\n')).toHaveLength(problems.length);
    for (const problem of problems) {
      const line = typeof problem === 'string' ? `m.yaml (--config-file): ${problem}` : problem;
      expect(failure).toEqual(typeof line === 'string' ? expect.stringContaining(line) : expect.stringMatching(line));
    }
  });

  it.each([
    '',
    '# nothing',
    'batchSize:',
    'minWorkers: 1\nmaxWorkers: 4\nhandler: {labels: [a, b]}',
    'custom: {deep: [1, {x: y}]}',
  ])('is taken: %j', async (yaml) => {
    expect(await packaged(yaml)).toEqual({ failure: undefined, warnings: [] });
  });

  it.each([
    ['batchsize: 4', 'm.yaml: batchsize is no key of the server, only of the handler. Did you mean batchSize?'],
    [
      'parallelType: pp',
      'm.yaml: parallelType: "pp" does nothing: a worker is one process, which holds the whole model',
    ],
  ])('is warned about: %s', async (yaml, warning) => {
    expect(await packaged(yaml)).toEqual({ failure: undefined, warnings: [warning] });
  });

  it('is read by TorchServe alone when that runs the handler', async () => {
    expect(await packaged('deviceType: neuron\nparallelType: pp', 'python')).toEqual({
      failure: undefined,
      warnings: [],
    });
  });

  it('cannot hold up the packaging', async () => {
    const bomb = `a0: &a0 [x, x]\n${Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join('\n')}`;
    const keys = Array.from({ length: 20_000 }, (_, index) => `  k${index}: v`).join('\n');
    const started = performance.now();
    expect((await packaged(bomb)).failure).toMatch(/more than 100000 values|nested deeper/);
    expect((await packaged(`labels:\n${keys}`)).failure).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
