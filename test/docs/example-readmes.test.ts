/** Demos that run the commands of their README, and fail where one answers otherwise. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { readBlocks, ROOT } from '../helpers/pages.ts';

it.each([
  ['seldon-iris', 3],
  ['ensemble', 2],
  ['canary', 2],
  ['linucb', 1],
  ['workflows', 4],
])(
  'examples/%s answers what its README says',
  async (example, answersSaid) => {
    const demo = path.join(ROOT, 'examples', example, 'demo.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [demo]);
    const commands = (await readBlocks(`examples/${example}/README.md`)).filter(
      ({ next }) => next?.language === 'json',
    );
    expect(commands).toHaveLength(answersSaid);
    const answers = stdout.split('\n').filter((line) => line.startsWith('{"'));
    expect(answers.map((answer) => JSON.parse(answer) as unknown)).toEqual(
      commands.map(({ next }) => JSON.parse(next?.text ?? '') as unknown),
    );
    expect(stdout).toContain('model-server --stop');
  },
  120_000,
);
