/** The background that is packaged with a model: a file of samples, or means of them. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { ModelContext } from '../../handler.ts';
import { isPlainObject } from '../../model-config.ts';
import { valueText } from '../../tensor/tensor-json.ts';
import { contextOfNobody } from '../context-of-nobody.ts';
import { ExplainRun } from '../run.ts';
import { clusterMeans } from './cluster-means.ts';
import { parseCsv } from './parse-csv.ts';
import { parseNpy } from './parse-npy.ts';
import { evenly, type Cell, type WeightedSamples } from './weighted-samples.ts';

/** A background, and what its file calls the features. */
export interface Background {
  /** One at least. */
  readonly background: WeightedSamples;
  /** Of the file; undefined where it has no names. */
  readonly names?: readonly string[] | undefined;
}

/** Which file, and what is made of it. */
export interface BackgroundSource {
  /** Name of the file in the archive. */
  readonly file: string;
  /** So many means stand for all samples; undefined for all of them. */
  readonly clusters?: number | undefined;
  /** For the means. */
  readonly seed: number;
  /** Of the model; undefined where it does not tell. */
  readonly featureCount?: number | undefined;
  /** What its features are called, where that is said: a file that calls its columns so may have them in another order. */
  readonly features?: readonly string[] | undefined;
}

/** @throws Error that names the file, what was expected and what came */
export async function readBackground(context: ModelContext, source: BackgroundSource): Promise<Background> {
  const { file, clusters, seed, featureCount, features } = source;
  const refuse = (problem: string): Error => new Error(`explainer.background: ${file}: ${problem}`);
  const bytes = await readFile(join(context.modelDir, file)).catch((error: Error) => {
    throw refuse(`${error.message}. Package it with --extra-files`);
  });
  const { samples, names } = inOrder(parse(bytes, file, refuse), features, refuse);
  const [first] = samples;
  if (first === undefined) throw refuse('expected samples, got none');
  const width = featureCount ?? first.length;
  const odd = samples.findIndex(({ length }) => length !== width);
  if (odd >= 0)
    throw refuse(`expected ${width} columns, one for each feature; sample ${odd + 1} has ${samples[odd]?.length}`);
  if (clusters === undefined) return { background: evenly(samples), names };
  const { checkpoint } = new ExplainRun(contextOfNobody(context), `explainer.background: ${file}: clustering`);
  return { background: await clusterMeans(samples, { clusters, seed }, checkpoint), names };
}

/** Columns whose names are those of the features are put into their order; those of a file that calls all of them otherwise stay. */
function inOrder(
  { samples, names }: Parsed,
  features: readonly string[] | undefined,
  refuse: (problem: string) => Error,
): Parsed {
  if (names === undefined || features === undefined) return { samples, ...(names && { names }) };
  const missing = features.filter((feature) => !names.includes(feature));
  if (missing.length === features.length) return { samples, names };
  if (missing.length > 0 || names.length !== features.length)
    throw refuse(`expected the columns ${features.join(', ')}; got ${names.join(', ')}`);
  const places = features.map((feature) => names.indexOf(feature));
  return { samples: samples.map((sample) => places.map((place) => sample[place] as Cell)), names: features };
}

interface Parsed {
  readonly samples: readonly (readonly Cell[])[];
  readonly names?: readonly string[];
}

function parse(bytes: Buffer, file: string, refuse: (problem: string) => Error): Parsed {
  try {
    switch (extname(file).toLowerCase()) {
      case '.csv':
        return fromCsv(parseCsv(bytes.toString('utf8')));
      case '.npy':
        return { samples: parseNpy(bytes) };
      case '.json':
        return fromJson(JSON.parse(bytes.toString('utf8')));
      default:
        throw new Error('expected a file .csv, .npy or .json');
    }
  } catch (error) {
    throw refuse((error as Error).message);
  }
}

/** A first line of names: it has a text where all others have numbers, or no number at all. */
function fromCsv(rows: readonly (readonly string[])[]): Parsed {
  const [head, ...rest] = rows.map((row) => row.map(cellOf));
  if (head === undefined) return { samples: [] };
  const isText = (cell: Cell | undefined): boolean => typeof cell === 'string';
  const isHead =
    head.every(isText) || head.some((cell, column) => isText(cell) && rest.every((row) => !isText(row[column])));
  return isHead && rest.length > 0 ? { samples: rest, names: head.map(String) } : { samples: [head, ...rest] };
}

/** A field without anything is a value that is not there. */
function cellOf(text: string): Cell {
  if (text === '' || text === 'NaN' || text === 'nan') return NaN;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

/** Lists of numbers and texts, or objects of them. */
function fromJson(value: unknown): Parsed {
  if (!Array.isArray(value)) throw new Error(`expected a list of samples, got ${valueText(value)}`);
  const [first] = value as unknown[];
  const names = isPlainObject(first) ? Object.keys(first) : undefined;
  const samples = value.map((item: unknown, index) => {
    const cells = names !== undefined && isPlainObject(item) ? names.map((name) => item[name]) : item;
    const isSample =
      Array.isArray(cells) && cells.every((cell) => typeof cell === 'number' || typeof cell === 'string');
    if (!isSample) throw new Error(`expected lists of numbers and texts, sample ${index + 1} is ${valueText(item)}`);
    return cells;
  });
  return { samples, ...(names && { names }) };
}
