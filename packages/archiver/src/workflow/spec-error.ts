/** What is wrong with a workflow's spec, with its lines. */
import { yamlPlaces } from '../model-config/yaml-places.ts';

/** The file of a spec. */
export interface SpecText {
  /** As messages name it. */
  readonly file: string;
  /** Its content, YAML. */
  readonly text: string;
}

/** One thing that is wrong. */
export interface SpecProblem {
  /** Keys and indices from the top. */
  readonly path: readonly PropertyKey[];
  /** What was expected, and what came. */
  readonly message: string;
}

/** A spec that is none. Its message has a line for each problem. */
export class WorkflowSpecError extends Error {
  override readonly name = 'WorkflowSpecError';
}

/** To be thrown. */
export function specError(source: SpecText, problems: readonly SpecProblem[]): WorkflowSpecError {
  return new WorkflowSpecError(specSentences(source, problems).join('\n'));
}

/** Problems that are told; a file can have as many as it has values. */
const MOST_TOLD = 20;

/** Such as `spec.yaml:3:5: models.a.url: expected …`; the last one says how many more there are. */
export function specSentences({ file, text }: SpecText, problems: readonly SpecProblem[]): string[] {
  if (problems.length === 0) return [];
  const placeOf = yamlPlaces(text);
  const told = problems.slice(0, MOST_TOLD).map(({ path, message }) => {
    const steps = path.map((each) => (typeof each === 'number' ? `[${each}]` : `.${String(each)}`)).join('');
    const { line, column } = placeOf(steps);
    return `${file}:${line}:${column}: ${steps === '' ? '' : `${steps.slice(1)}: `}${message}`;
  });
  const others = problems.length - told.length;
  return [...told, ...(others > 0 ? [`… and ${others} more`] : [])];
}
