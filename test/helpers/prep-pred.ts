/** The servers of examples/prep-pred as processes, started by their own scripts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { packageModel } from '@marserve/archiver';
import { ROOT } from './pages.ts';

export const PREP_PRED = path.join(ROOT, 'examples/prep-pred');

export interface ScriptRun {
  /** Sends SIGTERM and resolves when it has ended. */
  close(): Promise<void>;
}

/** Resolves when it has started. @throws Error with its output when it ends before */
export async function runScript(script: string, variables: Readonly<Record<string, string>>): Promise<ScriptRun> {
  const bin = path.join(ROOT, 'node_modules/.bin');
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH}`, HOST: '127.0.0.1', ...variables };
  const child = spawn(script, { cwd: variables.TMPDIR, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (line.includes('Model server started.')) resolve();
      });
    }
    const fail = () => reject(new Error(`${script} ended:\n${lines.join('\n')}`));
    ended.then(fail, fail);
  });
  return {
    async close() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** `prep.mar` in a folder, as the Dockerfile makes it. */
export async function addPrep(folder: string): Promise<void> {
  const prep = (file: string) => path.join(PREP_PRED, 'prep', file);
  await packageModel({
    modelName: 'prep',
    version: '1.0',
    handler: prep('prep.ts'),
    configFile: prep('prep.yaml'),
    extraFiles: [prep('labels.json'), path.join(PREP_PRED, 'data/cat.jpg')],
    exportPath: folder,
  });
}
