/** Commands on a terminal of their own: `script` of util-linux gives them a pty. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

export interface Terminal {
  /** What stands on it, with all escape sequences. */
  output(): string;
  /** Resolves when the pattern stands on it. @throws Error with what does, when the command ends without */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  /** Presses keys, such as `\u0003` for Ctrl-C. */
  type(keys: string): void;
  /** Closes the terminal, as when its window or its connection goes. */
  hangUp(): void;
  /** Resolves with the command's exit code. */
  readonly ended: Promise<number | null>;
}

export interface TerminalOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Its width in characters; default 80. */
  readonly columns?: number;
}

/** @param command the program and its arguments; ended with the test */
export function onTerminal(command: readonly string[], { cwd, env, columns = 80 }: TerminalOptions = {}): Terminal {
  const quoted = command.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
  const args = ['--quiet', '--return', '--flush', '--command', `stty cols ${columns}; exec ${quoted}`, '/dev/null'];
  const child = spawn('script', args, { cwd, env: { ...process.env, SHELL: '/bin/sh', ...env }, stdio: 'pipe' });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const shows = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(text);
        if (found === null) return;
        child.stdout.off('data', look);
        resolve(found);
      };
      child.stdout.on('data', look);
      look();
      ended.then(() => reject(new Error(`the command ended without ${pattern}:\n${text}`)), reject);
    });
  return {
    output: () => text,
    shows,
    type: (keys) => void child.stdin.write(keys),
    hangUp: () => void child.kill('SIGKILL'),
    ended,
  };
}
