import { describe, expect, it } from 'vitest';
import { createProject } from '../test-support/project.ts';
import { cellsOf, run } from '../test-support/run-archiver.ts';

describe('model-archiver workflow', () => {
  it('packages a workflow, says what it is made of, and looks into its archive', async () => {
    const { folder } = await createProject({
      'dogs.yaml': `models:
  batch-size: 4
  retry-attempts: 2
  cats: { url: cats.mar, max-batch-delay: 20, min-workers: 1, max-workers: 3 }
dag:
  pre: [cats]
`,
      'dogs.ts': 'export const pre = (data: unknown[]) => data;',
      'cats.mar': '',
    });
    const flags = ['--workflow-name', 'dogs', '--spec-file', 'dogs.yaml', '--hand', 'dogs.ts', '--export', 'store'];
    const { code, out, err } = await run(folder, 'workflow', ...flags);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [head = '', table = ''] = out.split('\n\n');
    expect(head).toMatch(
      /^Wrote +store\/dogs\.war\nworkflow +dogs, spec dogs\.yaml, handler dogs\.mjs\nsize .*\nfiles +4\nsha256 /,
    );
    expect(cellsOf(table)).toEqual([
      ['node', 'runs', 'after', 'notes'],
      ['pre', 'function', '', '2 retries'],
      ['cats', 'model cats.mar', 'pre', '1 to 3 workers, batches of 4, batches wait 20 ms, 2 retries'],
    ]);
    const [inspected, verified] = await Promise.all([
      run(folder, 'inspect', 'store/dogs.war'),
      run(folder, 'verify', 'store/dogs.war'),
    ]);
    expect(inspected.out).toMatch(/^workflow +dogs$/m);
    expect(inspected.out).toContain(table.trim());
    expect(verified.out).toBe('store/dogs.war: 3 files are as the manifest says.\n');
  });

  it('says how a workflow is packaged, where that is not what was asked for', async () => {
    const { folder } = await createProject({ 'w.yaml': 'dag: { a: [] }' });
    const usage = 'Usage: model-archiver workflow --workflow-name NAME';
    const named = ['--workflow-name', 'w', '--spec-file', 'w.yaml'];
    const cases: [readonly string[], number, string][] = [
      [[], 2, `Missing required arguments: --workflow-name, --spec-file\n${usage}`],
      [[...named, '--version', '1'], 2, usage],
      [[...named, '--spec-fiel', 'w.yaml'], 2, 'Did you mean --spec-file?'],
      [named, 1, 'ERROR - w.yaml: its spec needs the function a of a handler, and it has none'],
    ];
    const results = await Promise.all(cases.map(([args]) => run(folder, 'workflow', ...args)));
    results.forEach(({ code, out, err }, index) => {
      expect({ code, out }).toEqual({ code: cases[index]?.[1], out: '' });
      expect(err).toContain(cases[index]?.[2]);
    });
  });
});
