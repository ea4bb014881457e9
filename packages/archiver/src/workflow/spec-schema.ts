/** What a workflow's spec must be, value by value. */
import * as z from 'zod';
import { misspelt } from '../command-line/misspelt.ts';
import { nearest } from '../command-line/nearest.ts';
import { expecting, filledText, shown } from '../model-config/value-rules.ts';
import type { SpecProblem } from './spec-error.ts';
import { SETTING_KEYS, SETTING_RULES } from './workflow-settings.ts';

/** Part of the name that its model has. */
const NODE_NAME = /^[A-Za-z0-9_][\w.-]*$/;

const modelKeys = ['url', ...SETTING_KEYS];
const specKeys = ['models', 'dag'];

/** What every object has is no name: it would be found where none is. */
const isNodeName = (name: string): boolean => NODE_NAME.test(name) && !(name in {});

const nodeName = z.custom<string>((value) => typeof value === 'string' && isNodeName(value), {
  error: ({ input }) => `expected the name of a node (letters, digits, "_", "-", "."), came ${shown(input)}`,
});

/** zod leaves `__proto__` out, so that names are looked at before. */
const byName = (expected: string) =>
  z
    .custom<Record<string, unknown>>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      expecting(expected),
    )
    .superRefine((value, context) => {
      for (const name of Object.keys(value).filter((each) => !isNodeName(each))) {
        const message = 'expected the name of a node (letters, digits, "_", "-", ".")';
        context.addIssue({ code: 'custom', path: [name], message });
      }
    });

const model = z.strictObject(
  { url: filledText('the file or address of an archive, such as NAME.mar'), ...SETTING_RULES },
  expecting('a model, such as {url: NAME.mar}'),
);

/** `node:` with nothing after it is a leaf. */
const children = z.array(nodeName, expecting('a list of nodes')).nullable();

const schema = z.strictObject(
  {
    models: byName('a mapping of settings and models').pipe(z.object(SETTING_RULES).catchall(model)).optional(),
    dag: byName('a mapping of nodes to lists of nodes').pipe(z.record(z.string(), children)),
  },
  expecting('a mapping with models and dag'),
);

/** The keys of a model. */
export type ModelKeys = z.infer<typeof model>;

/** The sections of a spec, each value for itself as it must be. */
export interface SpecSections {
  /** Settings for all models, as they are written. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** By name. */
  readonly models: ReadonlyMap<string, ModelKeys>;
  /** Node → those after it. */
  readonly dag: ReadonlyMap<string, readonly string[]>;
}

/** @param value of the YAML @returns what is wrong, where anything is */
export function readSections(value: unknown): SpecSections | readonly SpecProblem[] {
  const { success, data, error } = schema.safeParse(value);
  if (!success) return error.issues.flatMap(problemsOf);
  const entries: [string, unknown][] = Object.entries(data.models ?? {});
  return {
    defaults: Object.fromEntries(entries.filter(([key]) => SETTING_KEYS.includes(key))),
    models: new Map(entries.filter(([key]) => !SETTING_KEYS.includes(key)) as [string, ModelKeys][]),
    dag: new Map(Object.entries(data.dag).map(([node, after]) => [node, after ?? []])),
  };
}

function problemsOf(issue: z.core.$ZodIssue): SpecProblem[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const known = path.length === 0 ? specKeys : modelKeys;
    return issue.keys.map((key) => ({ path: [...path, key], message: `is no known key.${nearest(key, known)}` }));
  }
  return [{ path, message: `${issue.message}${settingHint(path)}` }];
}

/** What stands under `models` and is no setting is taken for a model. */
function settingHint([section, key, ...others]: readonly PropertyKey[]): string {
  if (section !== 'models' || typeof key !== 'string' || others.length > 0 || SETTING_KEYS.includes(key)) return '';
  const meant = misspelt(key, SETTING_KEYS);
  return meant === undefined ? '' : `. Did you mean ${meant}?`;
}
