/** Runs the command `model-archiver` as users do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The command; it runs what was compiled last. */
export const BIN = fileURLToPath(new URL('../../bin/model-archiver.js', import.meta.url));

/** Flags of a packaging of the project's `handler.ts`. */
export const BASICS = ['--model-name', 'm', '--version', '1.0', '--handler', 'handler.ts', '--no-validate'] as const;

/** Starts it in a folder. */
export function start(cwd: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [BIN, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs it in a folder, to its end. */
export async function run(cwd: string, ...args: string[]) {
  const child = start(cwd, ...args);
  const [out, err, [code]] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stderr as Readable),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, out, err };
}

/** The cells of a table that it has printed, row by row. */
export function cellsOf(table: string): string[][] {
  const rows = table.split('\n').filter((line) => line.startsWith('│'));
  return rows.map((line) =>
    line
      .slice(1, -1)
      .split('│')
      .map((cell) => cell.trim()),
  );
}
