import { readdir, symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createProject } from '../test-support/project.ts';
import { BASICS, run } from '../test-support/run-archiver.ts';

describe('model-archiver', () => {
  it('takes prefixes of flags as argparse does, and the last of a value given twice', async () => {
    const { folder } = await createProject({ 'a.json': '1' });
    const args = [
      '--model-n',
      'x',
      '--model-na=m',
      '--vers',
      '1',
      '--hand',
      'handler.ts',
      '--ext',
      'a.json',
      '--no-val',
    ];
    expect(await run(folder, ...args, '--arch', 'tgz', '--archive-format', 'no-archive', '--q')).toMatchObject({
      code: 0,
      err: '',
    });
    const { out } = await run(folder, 'inspect', 'm', '--j');
    expect(JSON.parse(out)).toMatchObject({ kind: 'directory', manifest: { model: { modelName: 'm' } } });
  });

  it('takes empty values for absent ones', async () => {
    const { folder } = await createProject();
    const empty = [
      'extra-files',
      'serialized-file',
      'model-file',
      'requirements-file',
      'config-file',
      'golden',
      'predictor',
      'predictor-digest',
      'predictor-model',
      'runtime',
    ];
    const flags = empty.flatMap((name, index) => (index % 2 === 0 ? [`--${name}`, ''] : [`--${name}=`]));
    const { code, err } = await run(folder, ...BASICS, ...flags, '--export-path', '', '--archive-format', '');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(await readdir(folder)).toContain('m.mar');
  });

  it('takes extra files whose names have commas, lists of files, and both, once or more often', async () => {
    const files = { 'a,b.json': '1', 'c.json': '2', 'd,e,f.txt': '3', 'g.txt': '4', 'with, space/h.txt': '5' };
    const { folder } = await createProject(files);
    const lists = ['--extra-files', 'a,b.json,c.json, d,e,f.txt ,', '--extra-files', 'g.txt,with, space/'];
    expect(await run(folder, ...BASICS, ...lists, '--archive-format', 'no-archive')).toMatchObject({
      code: 0,
      err: '',
    });
    const names = ['a,b.json', 'c.json', 'd,e,f.txt', 'g.txt', 'h.txt'];
    expect(await readdir(`${folder}/m`)).toEqual(expect.arrayContaining(names));
    const gone = await run(folder, ...BASICS, '--extra-files', 'a,b.json,x,y.json', '-f');
    expect(gone.err).toBe(
      'ERROR - File does not exist: x (--extra-files)\nFile does not exist: y.json (--extra-files)\n',
    );
  });

  it('says what is wrong with any input in lines, without a stack', async () => {
    const { folder, at } = await createProject({ 'bad.json': '{', 'bad.onnx': 'x', 'a/b.txt': '', 'model.pt': '' });
    for (const link of ['link.onnx', 'link.ts', 'a/link']) await symlink('gone', at(link));
    const named = ['--model-name', 'm', '--version', '1', '--handler', 'base_handler'] as const;
    const model = (file: string, ...rest: string[]) => [...named, '--serialized-file', file, ...rest];
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [model('link.onnx'), /link\.onnx \(--serialized-file\); it is a link to gone/],
      [model('a'), /Not a file: a \(--serialized-file\)/],
      [model('model.pt'), /is a PyTorch model/],
      [model('bad.onnx'), /is not an ONNX model/],
      [model('bad.onnx', '--export-path', 'bad.json', '--no-validate'), /bad\.json/],
      [[...BASICS, '--handler', 'link.ts'], /link\.ts \(--handler\); it is a link to gone/],
      [[...BASICS, '--handler', 'a'], /a \(--handler\)/],
      [[...BASICS, '--extra-files', 'a'], /a\/link \(--extra-files\); it is a link to gone/],
      [[...BASICS, '--extra-files', 'a/*'], /a\/link \(--extra-files\); it is a link to gone/],
      [[...BASICS, '--golden', 'bad.json'], /bad\.json/],
      [[...BASICS, '--golden', 'a'], /Not a file: a \(--golden\)/],
      [[...BASICS, '-r', 'bad.json', '--handler', 'handler.ts'], /bad\.json/],
      [[...BASICS, '-c', 'a'], /Not a file: a \(--config-file\)/],
      [['inspect', 'a'], /a/],
      [['inspect', 'bad.json'], /bad\.json/],
      [['verify', 'gone.mar'], /gone\.mar/],
    ];
    for (const [args, problem] of wrong) {
      const { code, out, err } = await run(folder, ...args);
      expect({ args, code, out, err }).toEqual({
        args,
        code: 1,
        out: '',
        err: expect.stringMatching(problem) as string,
      });
      expect(err).toMatch(/^ERROR - [^\n]+\n$/);
    }
  });
});
