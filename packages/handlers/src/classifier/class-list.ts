/** The classes of a model and their names: the same for labels and for probabilities. */
import type { ClassLabel } from '../onnx/scores/class-labels.ts';
import type { ClassNames } from './class-names.ts';
import { configError } from '../model-config.ts';

/** What is known of the classes, from the model and from the config. */
export interface ClassListOptions {
  /** As the model knows them, in the order of its scores; by position where that is not known. */
  readonly classes?: readonly ClassLabel[];
  /** How many there are, when the model tells. */
  readonly count?: number;
  /** Names in the same order, by the key of the config. */
  readonly names?: readonly string[];
  /** Names of classes that are numbers. */
  readonly nameOf: ClassNames;
  /** Of the config's section, for messages. */
  readonly section: string;
}

/** The classes of one output, in the order of its scores. */
export class ClassList {
  readonly #options: ClassListOptions;

  /** @throws Error for names of another number than there are classes, and for a name that two classes have */
  constructor(options: ClassListOptions) {
    const { names, classes, section } = options;
    const count = classes?.length ?? options.count;
    this.#options = options;
    if (names !== undefined) checkNames(names, count, `${section}.labels`);
    else
      refuseRepeated(
        Array.from({ length: count ?? 0 }, (_, index) => String(this.at(index))),
        'index_to_name.json',
      );
  }

  /** How many there are; undefined when neither model nor config tells. */
  get count(): number | undefined {
    const { classes, count, names } = this.#options;
    return classes?.length ?? count ?? names?.length;
  }

  /** Whether the model or the config says what the classes are, so that they are not positions alone. */
  get isKnown(): boolean {
    return this.#options.classes !== undefined || this.#options.names !== undefined;
  }

  /** Whether the classes are 0 and 1, as of an output that says whether something holds. */
  get isYesOrNo(): boolean {
    const [first, second, ...others] = this.#options.classes ?? [];
    return first === 0 && second === 1 && others.length === 0;
  }

  /** The name of a class by its place among the scores. */
  at(index: number): ClassLabel {
    const { classes, names } = this.#options;
    return names?.[index] ?? this.#named(classes === undefined ? index : (classes[index] ?? index));
  }

  /** The name of a class by the label that the model gives it. */
  of(label: unknown): unknown {
    const { classes, names } = this.#options;
    const index = classes === undefined ? Number(label) : classes.indexOf(label as ClassLabel);
    return names?.[index] ?? this.#named(label as ClassLabel);
  }

  #named(label: ClassLabel): ClassLabel {
    if (typeof label !== 'number') return label;
    const name = this.#options.nameOf(label);
    return name === String(label) ? label : name;
  }
}

function checkNames(names: readonly string[], count: number | undefined, key: string): void {
  if (count !== undefined && names.length !== count) {
    throw configError(key, `a list of ${count} names, one for each class of the model`, names);
  }
  refuseRepeated(names, `Model config: ${key}`);
}

function refuseRepeated(names: readonly string[], subject: string): void {
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated === undefined) return;
  throw new Error(`${subject} must have a name of its own for each class, got ${JSON.stringify(repeated)} twice`);
}
