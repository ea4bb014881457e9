/** Reads a Java properties file, and remembers the line of each key. */
import { readFileSync } from 'node:fs';
import { Pair, parseLines } from 'dot-properties';

/** One line of the file, or several that go on with `\`. */
export interface Property {
  /** Without escapes. */
  readonly key: string;
  /** Without escapes; may be empty. */
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** In the order of the file. @throws the error of `fs.readFileSync` */
export function readProperties(file: string): Property[] {
  const source = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  return parseLines(source, true).flatMap((node) =>
    node instanceof Pair
      ? [{ key: node.key, value: node.value.trim(), line: lineOf(source, node.range?.[0] ?? 0) }]
      : [],
  );
}

/** Puts environment variables where `$$NAME$$` stands; those that are not set are left, and named. */
export function substituteEnvironment(value: string, env: NodeJS.ProcessEnv): { text: string; missing: string[] } {
  const missing: string[] = [];
  const text = value.replaceAll(/\$\$(\w+)\$\$/g, (reference, name: string) => {
    const found = env[name];
    if (found === undefined) missing.push(name);
    return found ?? reference;
  });
  return { text, missing };
}

function lineOf(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length;
}
