/** Makes places in bundles, as errors name them, into places in the author's sources. */
import { readFile } from 'node:fs/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, join, resolve } from 'node:path';

/** A file of the author's, and its bundle. */
export interface BundledSource {
  /** Of the author's. */
  readonly source: string;
  /** Path of its bundle in the archive. */
  readonly bundle: string;
}

/**
 * @param modelDir the folder that has the bundles and their source maps
 * @param bundled the bundles in it
 * @param folder that the author has in the place of that folder
 * @returns a function that rewrites `MODELDIR/handler.mjs:LINE:COLUMN` in a text, and other paths of that folder
 */
export async function sourcePlaces(
  modelDir: string,
  bundled: readonly BundledSource[],
  folder: string,
): Promise<(text: string) => string> {
  const rewrites = await Promise.all(bundled.map((each) => bundlePlaces(modelDir, each)));
  return (text) =>
    rewrites.reduce((rewritten, rewrite) => rewrite(rewritten), text).replaceAll(modelDir, resolve(folder));
}

async function bundlePlaces(modelDir: string, { source, bundle }: BundledSource): Promise<(text: string) => string> {
  const file = join(modelDir, bundle);
  const map = new SourceMap(JSON.parse(await readFile(`${file}.map`, 'utf8')) as SourceMapPayload);
  const folder = dirname(resolve(source));
  const original = (position: string): string => {
    const [, line = 1, column = 1, rest = ''] = /^:(\d+):(\d+)([^]*)/.exec(position) ?? [];
    const origin = map.findOrigin(Number(line), Number(column));
    if (!('fileName' in origin)) return file + position;
    return `${join(folder, origin.fileName ?? '')}:${origin.lineNumber}:${origin.columnNumber}${rest}`;
  };
  return (text) => {
    const [start = '', ...positions] = text.split(file);
    return [start, ...positions.map(original)].join('');
  };
}
