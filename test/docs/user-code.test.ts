/** What users try out under `examples/` is theirs: no check of the repository judges it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { packageModel } from '@marserve/archiver';
import { ROOT } from '../helpers/pages.ts';

/** TypeScript as many write it, against most rules of this repository. */
const HANDLER = `import { BaseHandler, HandlerContext } from "@marserve/handlers"
enum Colour { Red, Green }
export default class Mine extends BaseHandler {
  private readonly unused = 1
  constructor(private name = "x", extra?) { super() }
  describe(context: HandlerContext) { var colour = Colour.Red as any; return { colour, name: this.name } }
}
`;

const run = (...args: string[]) => promisify(execFile)(process.execPath, args, { cwd: ROOT, maxBuffer: 1 << 24 });

it('a handler under examples/ is packaged, and not looked at by compiler, lint and format', async () => {
  const folder = await mkdtemp(path.join(ROOT, 'examples/mine-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const handler = path.join(folder, 'handler.ts');
  await writeFile(handler, HANDLER);
  const serializedFile = path.join(ROOT, 'examples/house-price/model.onnx');
  await packageModel({ modelName: 'mine', version: '1.0', handler, serializedFile, exportPath: folder });

  const { stdout } = await run('node_modules/typescript/bin/tsc', '-p', 'examples', '--listFilesOnly');
  expect(stdout).toContain('examples/house-price/handler.ts');
  expect(stdout).not.toContain(path.basename(folder));
  await run('node_modules/prettier/bin/prettier.cjs', '--check', 'examples');
  await run('node_modules/oxlint/bin/oxlint', '--deny-warnings', 'examples');
});
