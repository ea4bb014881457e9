/** The file of a graph: a model's YAML file with the section `graph`, or the graph alone. */
import { readFile, stat } from 'node:fs/promises';
import { readGraph, STEP_KINDS, type Step } from '@marserve/handlers/graph';
import { misspelt } from '../command-line/misspelt.ts';
import { nearest } from '../command-line/nearest.ts';
import { messageOf } from '../format/archive-error.ts';
import { isFile } from '../inputs/is-file.ts';
import { missingFile } from '../inputs/missing-file.ts';
import { parseNamedYaml } from '../model-config/parse-named-yaml.ts';
import { shown } from '../model-config/value-rules.ts';
import { PackagingError } from '../packaging-error.ts';
import { graphError, type GraphText } from './graph-error.ts';

/** A graph and what stands beside it. */
export interface GraphFile extends GraphText {
  /** A model's YAML file, the section `graph` among its keys. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The graph. */
  readonly graph: Step;
}

/** More than any graph that a server would take; a file that was meant is not read for minutes. */
const MOST_BYTES = 8 * 2 ** 20;

/** @throws PackagingError that says what is wrong, with line and column */
export async function readGraphFile(file: string): Promise<GraphFile> {
  const text = await readText(file);
  const value = parse(file, text);
  const isBare = isGraphAlone(value);
  const named = { file, text, isBare };
  const config = isBare ? { graph: value } : ((value ?? {}) as Readonly<Record<string, unknown>>);
  if (!Object.hasOwn(config, 'graph')) throw noGraph(file, value);
  try {
    return { ...named, config, graph: readGraph(config['graph']) };
  } catch (error) {
    throw graphError(named, error);
  }
}

async function readText(file: string): Promise<string> {
  if (!isFile(file)) throw new PackagingError('missing_file', missingFile(file, '--file'));
  const { size } = await stat(file);
  if (size > MOST_BYTES) {
    const problem = `${file} (--file) has ${size} bytes, and a graph's file may have ${MOST_BYTES}.`;
    throw new PackagingError('invalid_option', problem);
  }
  return readFile(file, 'utf8');
}

function parse(file: string, text: string): unknown {
  try {
    return parseNamedYaml(text, file);
  } catch (error) {
    throw new PackagingError('invalid_option', messageOf(error), { cause: error });
  }
}

function isGraphAlone(value: unknown): boolean {
  // Any text is a value of YAML.
  if (typeof value === 'string') return /^[\w.-]+(\/[^/\s]+)?$/.test(value);
  if (typeof value !== 'object' || value === null) return false;
  return !Object.hasOwn(value, 'graph') && STEP_KINDS.some((kind) => Object.hasOwn(value, kind));
}

function noGraph(file: string, value: unknown): PackagingError {
  const expected = `expected a step of a graph (a model's name, or an object with one of ${STEP_KINDS.join(', ')}), or a model's YAML file with the section graph`;
  const keys = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  const known = ['graph', ...STEP_KINDS];
  const hints = keys.flatMap((key) => (misspelt(key, known) === undefined ? [] : [nearest(key, known)]));
  const came = value === undefined || value === null ? 'nothing: the file is empty' : shown(value);
  return new PackagingError('invalid_option', `${file}: ${expected}; came ${came}.${hints[0] ?? ''}`);
}
