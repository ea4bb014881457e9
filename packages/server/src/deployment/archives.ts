/** Which archive an image, or an address of a model, stands for on this server. */
import type { PlanOptions } from './plan.ts';
import type { Spec } from './spec.ts';

/** Of one object of a file. */
export class Archives {
  readonly #table: Readonly<Record<string, string>>;

  /** @param annotations of the object, which come before the server's table @throws SpecError for annotations that are none */
  constructor(annotations: Spec, { archives }: PlanOptions) {
    this.#table = { ...archives, ...annotated(annotations.at(ANNOTATION)) };
  }

  /**
   * The archive that one of several texts stands for, such as the name of a unit, its image and its address.
   * @returns its name in the model store, or its address; undefined where none of them is there
   * @throws SpecError for texts that stand for nothing here, with what to do
   */
  find(named: readonly Spec[]): string | undefined {
    const given = named.flatMap((spec) => {
      const text = spec.text();
      return text === undefined || text === '' ? [] : [{ spec, text }];
    });
    for (const { text } of given) if (Object.hasOwn(this.#table, text)) return this.#table[text];
    for (const { text, spec } of given) {
      const url = addressOf(text, spec);
      if (url !== undefined) return url;
    }
    const last = given.at(-1);
    if (last === undefined) return undefined;
    throw last.spec.error(`"${last.text}" cannot be fetched from here: ${ADVICE}`);
  }

  /** The archive of a name that is no address, such as that of a unit; undefined where the table has none. */
  named(name: string): string | undefined {
    return Object.hasOwn(this.#table, name) ? this.#table[name] : undefined;
  }
}

const ANNOTATION = 'marserve.io/archives';

const ADVICE = `name its archive in the annotation ${ANNOTATION}, as JSON such as {"IMAGE or URI": "iris.mar"}, or in archives of the server's configuration`;

function annotated(annotation: Spec): Record<string, string> {
  const text = annotation.text();
  if (text === undefined) return {};
  try {
    const table = JSON.parse(text) as unknown;
    if (isTable(table)) return table;
  } catch {
    // Said below.
  }
  throw annotation.error('expected JSON of names and archives');
}

function isTable(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => typeof each === 'string')
  );
}

/** What a registration may call an archive. */
function addressOf(text: string, spec: Spec): string | undefined {
  if (/^(https?|file):/i.test(text)) return text;
  const [, claim, inside] = /^pvc:\/\/([^/]+)\/(.+)$/.exec(text) ?? [];
  if (claim === undefined || inside === undefined) return undefined;
  spec.note(`is looked for as "${inside}" in the model store, which stands for the claim ${claim}`);
  return inside;
}
