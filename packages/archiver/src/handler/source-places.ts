/** Makes places in a bundle, as errors name them, into places in the author's source. */
import { readFile } from 'node:fs/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { bundleName } from './handler-source.ts';

/**
 * @param modelDir the folder that has the bundle and its source map
 * @param file the handler's source
 * @returns a function that rewrites `MODELDIR/handler.mjs:LINE:COLUMN` in a text, and other paths of that folder
 */
export async function sourcePlaces(modelDir: string, file: string): Promise<(text: string) => string> {
  const bundle = join(modelDir, bundleName(file));
  const map = new SourceMap(JSON.parse(await readFile(`${bundle}.map`, 'utf8')) as SourceMapPayload);
  const folder = dirname(resolve(file));
  const original = (position: string): string => {
    const [, line = 1, column = 1, rest = ''] = /^:(\d+):(\d+)([^]*)/.exec(position) ?? [];
    const origin = map.findOrigin(Number(line), Number(column));
    if (!('fileName' in origin)) return bundle + position;
    return `${join(folder, origin.fileName ?? '')}:${origin.lineNumber}:${origin.columnNumber}${rest}`;
  };
  return (text) => {
    const [start = '', ...positions] = text.split(bundle);
    return [start, ...positions.map(original)].join('').replaceAll(modelDir, folder);
  };
}
