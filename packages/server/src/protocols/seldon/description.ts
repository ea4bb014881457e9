/** Descriptions of components: the one that is asked for, with what the environment says of it, and whether they are any; in the worker. */
import { isRecord } from '../is-record.ts';
import { metadataProblem } from './metadata-problem.ts';

/** What the codec gets in place of a message. */
export interface DescriptionQuestion {
  /** Which component of a graph; undefined for all. */
  readonly component?: string | undefined;
  /** What wins over what the component says; undefined for nothing. */
  readonly own?: Readonly<Record<string, unknown>> | undefined;
}

/** An answer, and the status that it has where it is no success. */
export interface Described {
  /** The description, or a failure in Seldon's words. */
  readonly answer: unknown;
  /** Of HTTP. */
  readonly status?: number;
}

/** What the daemon sent. */
export function readQuestion(bytes: Uint8Array | undefined): DescriptionQuestion {
  return bytes === undefined ? {} : (JSON.parse(Buffer.from(bytes).toString()) as DescriptionQuestion);
}

/** @param metadata of a component, or of a graph where one of its components is asked for @param model its name, which stands for its only component */
export function describe(metadata: unknown, { component, own }: DescriptionQuestion, model: string): Described {
  const found = component === undefined ? metadata : ofComponent(metadata, component, model);
  if (found === undefined) return failure(404, `There is no component "${component}"`, 'MICROSERVICE_BAD_DATA');
  const answer: unknown = isRecord(found) ? { ...found, ...own } : found;
  const problem = metadataProblem(answer);
  if (problem === undefined) return { answer };
  return failure(500, `Model metadata unavailable: ${problem}`, 'MICROSERVICE_BAD_METADATA');
}

function ofComponent(metadata: unknown, component: string, model: string): unknown {
  const { models } = isRecord(metadata) ? metadata : {};
  if (!isRecord(models)) return component === model ? metadata : undefined;
  if (Object.hasOwn(models, component)) return models[component];
  const [only, ...others] = Object.values(models);
  return component === model && others.length === 0 ? only : undefined;
}

function failure(status: number, info: string, reason: string): Described {
  return { status, answer: { status: { status: 1, info, code: -1, reason } } };
}
