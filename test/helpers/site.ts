/** A folder in which a person starts and stops a server by hand: in the background, or wherever its log goes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { ROOT } from './pages.ts';

const SERVER = path.join(ROOT, 'packages/server/bin/model-server.js');
const ANY_PORTS = ['inference', 'management', 'metrics'].flatMap((name) => [`--${name}-address`, 'http://127.0.0.1:0']);

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Where {
  readonly pid: number;
  readonly inference: string;
  readonly management: string;
  readonly metrics: string;
}

export type Started = Ended & Where;

export interface Site {
  readonly root: string;
  readonly store: string;
  /** `model-server` with these arguments, in this folder. */
  run(args: readonly string[]): Promise<Ended>;
  /**
   * `model-server --start` on free ports. @throws Error with its output when it does not start
   * @param prefix a command and its arguments that run what follows
   */
  start(args?: readonly string[], prefix?: readonly string[]): Promise<Started>;
  /** `model-server --foreground` on free ports; resolves when it answers. @throws Error when it ends before */
  startInForeground(args?: readonly string[]): Promise<Where>;
}

/** Its server is stopped, and its files deleted, when the test ends. */
export async function createSite(): Promise<Site> {
  const root = await mkdtemp(path.join(tmpdir(), 'marserve-site-'));
  const store = path.join(root, 'store');
  await mkdir(store);
  const env = { ...process.env, TMPDIR: root, LOG_LOCATION: '', NODE_OPTIONS: '' };
  const open = ([program = '', ...args]: readonly string[]) =>
    spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const run = (args: readonly string[]) => ended(open([process.execPath, SERVER, ...args]));
  const where = async (): Promise<Where> => {
    const { stdout } = await run(['--status']);
    const fact = (name: string) => new RegExp(`${name} +(\\S+)`).exec(stdout)?.[1] ?? '';
    return {
      pid: Number(fact('pid')),
      inference: fact('inference'),
      management: fact('management'),
      metrics: fact('metrics'),
    };
  };
  onTestFinished(async () => {
    await run(['--stop']);
    await rm(root, { recursive: true, force: true });
  });
  return {
    root,
    store,
    run,
    async startInForeground(args = []) {
      const child = open([process.execPath, SERVER, '--foreground', '--model-store', store, ...ANY_PORTS, ...args]);
      const end = ended(child);
      await new Promise<void>((resolve, reject) => {
        child.stdout.on('data', (chunk: Buffer) => chunk.includes('Model server started.') && resolve());
        end.then(({ stderr }) => reject(new Error(`the server did not start: ${stderr}`)), reject);
      });
      return where();
    },
    async start(args = [], prefix = []) {
      const line = [process.execPath, SERVER, '--start', '--model-store', store, ...ANY_PORTS, ...args];
      const launched = await ended(open([...prefix, ...line]));
      if (launched.code !== 0) throw new Error(`the server did not start: ${launched.stderr}`);
      return { ...launched, ...(await where()) };
    },
  };
}

async function ended(child: ChildProcess): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}
