/** The key `models`: how versions of models are served, as JSON (torchserve.md 2.5). */
import * as z from 'zod';
import {
  anyText,
  describeIssues,
  expecting,
  integerFrom,
  settingsBy,
  trueOrFalse,
} from '@marserve/archiver/model-config';
import { ValueError, type ValueType } from './value-types.ts';

const version = z
  .strictObject(
    {
      /** Whether this version serves requests that name none. */
      defaultVersion: trueOrFalse,
      minWorkers: integerFrom(0),
      maxWorkers: integerFrom(0),
      ...settingsBy('modelKey', ({ parameter, min = 0 }) => parameter && integerFrom(min)),
      /** These are accepted for TorchServe's sake and do nothing. */
      marName: anyText,
      parallelLevel: integerFrom(0),
      runtimeType: anyText,
    },
    expecting('an object of settings'),
  )
  .partial();

const versions = z.record(z.string(), version, expecting('an object of its versions'));
const models = z.record(z.string(), versions, expecting('an object of models, as {"model":{"version":{…}}}'));

/** Parameters of one version; durations as in the file. */
export type ModelParameters = Readonly<z.infer<typeof version>>;

/** Model name → version → parameters. */
export type ModelsParameters = Readonly<Record<string, Readonly<Record<string, ModelParameters>>>>;

/** `{"model":{"version":{…}}}`; an unknown setting is an error, as its value would be lost. */
export const modelParameters: ValueType<ModelsParameters> = {
  name: 'JSON',
  expected: 'a JSON object {"model":{"version":{…}}}',
  parse(text) {
    const result = models.safeParse(parseJson(text));
    if (result.success) return result.data;
    throw new ValueError(describeIssues(result.error, Object.keys(version.shape)).join('; '));
  },
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ValueError(`expected ${modelParameters.expected}, came something that is no JSON (${reason})`, {
      cause: error,
    });
  }
}
