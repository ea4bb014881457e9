/** Runs the commands that a page of the docs shows, and compares what they print with what the page says they print. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A fenced block of a page. */
export interface Block {
  /** Such as `bash` or `json`. */
  readonly language: string;
  readonly text: string;
  /** The block right behind it, when nothing but blank lines lies between. */
  readonly next?: Block;
}

/** The fenced blocks of a page, in order. @param page path from the root of the repository */
export async function readBlocks(page: string): Promise<Block[]> {
  const text = await readFile(ROOT + page, 'utf8');
  const matches = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```\n/gm)];
  const blocks: Block[] = [];
  for (const [index, match] of matches.entries()) {
    const following = matches[index + 1];
    const between = following && text.slice(match.index + match[0].length, following.index).trim();
    const next = following && between === '' ? { language: following[1] ?? '', text: following[2] ?? '' } : undefined;
    blocks.push({ language: match[1] ?? '', text: match[2] ?? '', ...(next && { next }) });
  }
  return blocks;
}

export interface ShellOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What is replaced in a command before it runs, such as a port that is taken here. */
  readonly replace?: Readonly<Record<string, string>>;
  /** Where it runs; the root of the repository by default. */
  readonly cwd?: string;
}

/** Runs a block in bash; curl fails on an error status. @throws Error with its output */
export async function runBlock({ text }: Block, { env, replace = {}, cwd = ROOT }: ShellOptions = {}): Promise<string> {
  const replaced = Object.entries(replace).reduce((script, [from, to]) => script.replaceAll(from, to), text);
  const script = `curl() { command curl --silent --show-error --fail-with-body "$@"; }\n${replaced}`;
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    cwd,
    env: { ...ownEnvironment(), ...env },
    maxBuffer: 1 << 24,
  });
  return stdout;
}

/** npm passes its settings on to what it runs, those of this repository among them; a person's shell has none. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
}
