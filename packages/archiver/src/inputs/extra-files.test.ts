import { chmod, symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { packageModel } from '../package-model.ts';
import { QUICK, createProject, unpacked } from '../test-support/project.ts';

describe('extra files', () => {
  const files = {
    'data/a.json': 'a',
    'data/sub/b.json': 'b',
    'data/.git/config': '',
    'data/__pycache__/x.pyc': '',
    'data/__MACOSX/x': '',
    'data/.keep': '',
    'one.json': '1',
    'two.json': '2',
    'sp ace.txt': '',
    'größe.txt': '',
    empty: '',
  };

  async function packaged(extraFiles: readonly string[]): Promise<string[]> {
    const { at, options } = await createProject(files);
    const paths = extraFiles.map((name) => at('.') + (name.endsWith('/') ? `/${name}` : `/${name}`));
    const { path } = await packageModel(options({ ...QUICK, handler: 'base_handler', extraFiles: paths }));
    return Object.keys(await unpacked(path)).filter((name) => name !== 'MAR-INF/MANIFEST.json');
  }

  it('are put at the root', async () => {
    expect(await packaged(['one.json', 'data/sub/b.json', 'sp ace.txt', 'größe.txt', 'empty'])).toEqual(
      ['b.json', 'empty', 'größe.txt', 'one.json', 'sp ace.txt'].sort(),
    );
  });

  it('keep their folder when it is named, without caches and dot-directories', async () => {
    expect(await packaged(['data'])).toEqual(['data/.keep', 'data/a.json', 'data/sub/b.json']);
  });

  it('lose their folder when it is named with a slash', async () => {
    expect(await packaged(['data/'])).toEqual(['.keep', 'a.json', 'sub/b.json']);
  });

  it('may be given as patterns', async () => {
    expect(await packaged(['*.json'])).toEqual(['one.json', 'two.json']);
    expect(await packaged(['data/*'])).toEqual(['a.json', 'sub/b.json']);
    expect(await packaged(['data/**/*.json'])).toEqual(['a.json', 'b.json']);
    expect(await packaged(['{one,two}.json'])).toEqual(['one.json', 'two.json']);
  });

  it('may not be links that lead nowhere: all of them are told, with where they lead', async () => {
    const { at, options } = await createProject(files);
    await symlink('gone.json', at('direct'));
    await symlink('/nowhere/at/all', at('data/sub/inside'));
    await symlink('loop', at('loop'));
    await symlink('gone.json', at('matched.json'));
    const extraFiles = [at('direct'), at('data'), at('loop'), at('*.json'), at('none')];
    const packaging = packageModel(options({ ...QUICK, extraFiles }));
    const message = await packaging.then(String, (error: Error) => error.message);
    const leadsTo = (link: string, target: string): unknown =>
      expect.stringMatching(
        new RegExp(
          `^File does not exist: \\S+/${link} \\(--extra-files\\); it is a link to ${target}, which leads nowhere$`,
        ),
      );
    expect(message.split('\n')).toEqual([
      leadsTo('direct', 'gone.json'),
      leadsTo('data/sub/inside', '/nowhere/at/all'),
      leadsTo('loop', 'loop'),
      leadsTo('matched.json', 'gone.json'),
      `File does not exist: ${at('none')} (--extra-files)`,
    ]);
  });

  it('may match nothing, with a warning', async () => {
    const { options } = await createProject();
    const warnings: string[] = [];
    await packageModel(
      options({ ...QUICK, extraFiles: ['nothing-*.json', ' ', ''], onWarning: (message) => warnings.push(message) }),
    );
    expect(warnings).toEqual(['Given wildcard pattern did not match any file: nothing-*.json']);
  });

  it('may be named by a path that looks like a pattern', async () => {
    const { at, options } = await createProject({ 'w[1].json': '' });
    const { manifest } = await packageModel(options({ ...QUICK, extraFiles: [at('w[1].json')] }));
    expect(Object.keys(manifest.files ?? {})).toContain('w[1].json');
  });

  it.each([
    ['two extra files', ['a/x', 'b/x'], ['the path x', 'a/x', 'b/x']],
    ['the handler bundle', ['a/handler.mjs'], ['the path handler.mjs', 'a/handler.mjs', 'handler.ts']],
    ['the model', ['a/model.bin'], ['the path model.bin', 'model.bin', 'a/model.bin']],
    ['a file and a folder', ['a/x', 'c/'], ['the paths x and x/y', 'a/x', 'c/x/y']],
    ['a folder and a file', ['c/', 'a/x'], ['the paths x/y and x', 'c/x/y', 'a/x']],
  ] as const)('are refused when they need the path of another: %s', async (_, extraFiles, parts) => {
    const { at, options } = await createProject({
      'a/x': '1',
      'b/x': '2',
      'a/handler.mjs': '',
      'a/model.bin': '',
      'model.bin': '',
      'c/x/y': '',
    });
    const paths = extraFiles.map((name) => (name.endsWith('/') ? `${at(name.slice(0, -1))}/` : at(name)));
    const error: unknown = await packageModel(
      options({ ...QUICK, serializedFile: at('model.bin'), extraFiles: paths }),
    ).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'path_conflict' });
    for (const part of parts) expect((error as Error).message).toContain(part);
  });

  it('may be named twice', async () => {
    expect(await packaged(['one.json', 'one.json', 'data', 'data'])).toEqual([
      'data/.keep',
      'data/a.json',
      'data/sub/b.json',
      'one.json',
    ]);
  });

  it.each([
    ['mar-inf/x', 'mar-inf', 'belongs to its manifest'],
    ['a\\b', 'a\\b', 'backslash'],
    ['a\nb', 'a\nb', 'control character'],
  ])('cannot be %j', async (path, name, problem) => {
    const { at, options } = await createProject({ [path]: '' });
    await expect(packageModel(options({ ...QUICK, extraFiles: [at(name)] }))).rejects.toThrow(problem);
  });

  it('follow links, but not in a circle', async () => {
    const { at, options } = await createProject({ 'dir/x': 'x' });
    await symlink(at('handler.ts'), at('dir/link.ts'));
    const { manifest } = await packageModel(options({ ...QUICK, extraFiles: [at('dir')] }));
    expect(Object.keys(manifest.files ?? {})).toContain('dir/link.ts');
    await symlink(at('dir'), at('dir/self'));
    await expect(packageModel(options({ ...QUICK, force: true, extraFiles: [at('dir')] }))).rejects.toThrow(
      /a link to a folder that it lies in/,
    );
  });

  it.skipIf(process.getuid?.() === 0)('must be readable (skipped for root, who may read all)', async () => {
    const { at, options } = await createProject({ secret: '' });
    await chmod(at('secret'), 0);
    await expect(packageModel(options({ ...QUICK, extraFiles: [at('secret')] }))).rejects.toMatchObject({
      code: 'missing_file',
    });
  });
});
