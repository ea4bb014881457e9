/** Reads YAML in a time that grows with its length, whoever wrote it. */
import { CORE_SCHEMA, YAMLException, loadAll, mergeTag } from 'js-yaml';

/** Merge keys (`<<`) are read, as the Python server does. */
const SCHEMA = CORE_SCHEMA.withTags(mergeTag);

const MAX_DEPTH = 100;
/** Of all levels together; what aliases repeat counts each time. */
const MAX_VALUES = 100_000;
/** Of all texts and keys together, likewise. */
const MAX_CHARACTERS = 4 * 2 ** 20;

/**
 * The value of a YAML text (version 1.2, core schema), which JSON can hold; undefined of an empty one.
 * @throws Error that says on one line what is wrong and where; also for more than one document, for values that are nested
 * deeper than 100 levels or hold themselves, and for more than 100 000 values or 4 Mi characters (by aliases, mostly)
 */
export function parseYaml(text: string): unknown {
  const documents = load(text);
  if (documents.length > 1) throw new Error(`expected one document, came ${documents.length}`);
  measure(documents, { depth: 0, values: 0, characters: 0 });
  return documents[0];
}

function load(text: string): unknown[] {
  try {
    return loadAll(text, { schema: SCHEMA, maxDepth: MAX_DEPTH });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { reason, mark } = error;
    const place = mark === undefined ? '' : ` at line ${mark.line + 1}, column ${mark.column + 1}`;
    throw new Error(`${reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}…` : reason}${place}`, {
      cause: error,
    });
  }
}

const LONGEST_REASON = 200;

interface Measured {
  depth: number;
  /** So far, as the characters. */
  values: number;
  characters: number;
}

function measure(value: unknown, measured: Measured): void {
  measured.values += 1;
  if (typeof value === 'string') measured.characters += value.length;
  if (measured.values > MAX_VALUES) throw new Error(`it has more than ${MAX_VALUES} values${REPEATED}`);
  if (measured.characters > MAX_CHARACTERS) throw new Error(`it has more than ${MAX_CHARACTERS} characters${REPEATED}`);
  if (typeof value !== 'object' || value === null) return;
  measured.depth += 1;
  if (measured.depth > MAX_DEPTH + 1) throw new Error(`its values are nested deeper than ${MAX_DEPTH} levels`);
  if (!Array.isArray(value)) for (const key of Object.keys(value)) measured.characters += key.length;
  for (const each of Object.values(value)) measure(each, measured);
  measured.depth -= 1;
}

const REPEATED = ', counting what aliases repeat';
