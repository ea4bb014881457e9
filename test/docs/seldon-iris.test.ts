/** examples/seldon-iris: its demo runs the commands of its README, and fails where one answers otherwise. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { readBlocks, ROOT } from '../helpers/pages.ts';

it('answers what its README says', async () => {
  const demo = path.join(ROOT, 'examples/seldon-iris/demo.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [demo]);
  const commands = (await readBlocks('examples/seldon-iris/README.md')).filter(({ next }) => next?.language === 'json');
  expect(commands).toHaveLength(3);
  const answers = stdout.split('\n').filter((line) => line.startsWith('{'));
  expect(answers.map((answer) => JSON.parse(answer) as unknown)).toEqual(
    commands.map(({ next }) => JSON.parse(next?.text ?? '') as unknown),
  );
  expect(stdout).toContain('model-server --stop');
}, 120_000);
