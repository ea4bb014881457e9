/** Values of a YAML text that know their line, and which of them nobody has looked at. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node } from 'yaml';

/** What is wrong with a text, with its file and line. */
export class SpecError extends Error {
  override readonly name = 'SpecError';
}

/** Something about a text that people should know. */
export interface SpecNote {
  /** Name of the file. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** One sentence, with the path of the value. */
  readonly text: string;
}

interface Source {
  readonly file: string;
  readonly lines: LineCounter;
  readonly document: Document;
  readonly notes: SpecNote[];
}

interface Place {
  readonly source: Source;
  /** Such as `spec.predictors[0].graph`; empty for the document. */
  readonly path: string;
  readonly node: Node | undefined;
  /** Where it would be, when it is not there. */
  readonly near: Node | undefined;
}

/** How often aliases may repeat values: a text of a few lines could hold more than any memory otherwise. */
const MOST_ALIASES = 100;

/**
 * The documents of a text, those without content left out.
 * @param file for messages
 * @throws SpecError for what is no YAML
 */
export function readSpecs(text: string, file: string): Spec[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true });
  return [...documents].flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line } = lines.linePos(error.pos[0]);
      throw new SpecError(`${file}:${line}: expected YAML: ${error.message.split(/ at line |\n/)[0]}`);
    }
    const node = (document.contents ?? undefined) as Node | undefined;
    if (node === undefined || (isScalar(node) && node.value === null)) return [];
    return [new Spec({ source: { file, lines, document, notes: [] }, path: '', node, near: node })];
  });
}

/** A value of a text, which may not be there. */
export class Spec {
  readonly #place: Place;
  readonly #children = new Map<string, Spec>();
  #isUsed = false;

  /** @param place made by `readSpecs` */
  constructor(place: Place) {
    this.#place = { ...place, node: resolved(place) };
  }

  /** Whether it is there, and not null. */
  get isThere(): boolean {
    const { node } = this.#place;
    return node !== undefined && !(isScalar(node) && node.value === null);
  }

  /** Of its first character, from 1; that of what would hold it, when it is not there. */
  get line(): number {
    const { node, near, source } = this.#place;
    const at = (node ?? near)?.range?.[0] ?? 0;
    return source.lines.linePos(at).line || 1;
  }

  /** Such as `spec.predictors[0].graph`. */
  get path(): string {
    return this.#place.path;
  }

  /** Such as `deployment.yaml:12`. */
  get where(): string {
    return `${this.#place.source.file}:${this.line}`;
  }

  /** A key of a mapping. @throws SpecError when it is no mapping */
  at(key: string): Spec {
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    const { node, source, path } = this.#place;
    if (this.isThere && !isMap(node)) throw this.error('expected an object');
    const child = isMap(node) ? (node.get(key, true) as Node | undefined) : undefined;
    return this.#child(key, { source, path: path === '' ? key : `${path}.${key}`, node: child, near: node });
  }

  /** The keys of a mapping; none when it is not there. @throws SpecError when it is no mapping */
  keys(): string[] {
    const { node } = this.#place;
    if (!this.isThere) return [];
    if (!isMap(node)) throw this.error('expected an object');
    return node.items.map(({ key }) => String(isScalar(key) ? key.value : key));
  }

  /** The items of a list; none when it is not there. @throws SpecError when it is no list */
  items(): Spec[] {
    const { node, source, path } = this.#place;
    if (!this.isThere) return [];
    if (!isSeq(node)) throw this.error('expected a list');
    return node.items.map((item, index) =>
      this.#child(String(index), { source, path: `${path}[${index}]`, node: item as Node, near: node }),
    );
  }

  /** A text, also one that is written as a number; undefined when it is not there. @throws SpecError */
  text(): string | undefined {
    const value = this.value();
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw this.error('expected a text');
  }

  /** A number; undefined when it is not there. @param least smallest that it may be @throws SpecError */
  number(least = -Infinity): number | undefined {
    const value = this.value();
    if (value === undefined || value === null) return undefined;
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number) && number >= least) return number;
    throw this.error(least === -Infinity ? 'expected a number' : `expected a number of at least ${least}`);
  }

  /** All of it as JSON has it; undefined when it is not there. */
  value(): unknown {
    this.#isUsed = true;
    const { node, source } = this.#place;
    return node?.toJS(source.document, { maxAliasCount: MOST_ALIASES }) as unknown;
  }

  /** @throws SpecError when it is not there */
  required(): this {
    if (!this.isThere) throw this.error('is missing');
    return this;
  }

  /** Says that it means nothing here. @param why a clause, such as "there is one machine" */
  ignore(why: string): void {
    if (this.isThere) this.note(`does nothing here: ${why}`);
    this.#isUsed = true;
  }

  /** Says something that is no error. @param text after the path, such as "is taken for 1" */
  note(text: string): void {
    const { source, path } = this.#place;
    source.notes.push({ file: source.file, line: this.line, text: `${path === '' ? 'the document' : path} ${text}` });
  }

  /** To be thrown. @param problem after the path, such as "expected a number" */
  error(problem: string): SpecError {
    const { source, path } = this.#place;
    const came = this.isThere && problem.startsWith('expected') ? `, came ${shown(this.value())}` : '';
    return new SpecError(`${source.file}:${this.line}: ${path === '' ? 'the document' : path} ${problem}${came}`);
  }

  /** What was said of the document, and what of it nobody has looked at, in the order of lines. */
  notes(): SpecNote[] {
    const { source } = this.#place;
    const unread = this.#unread().map((spec) => ({
      file: source.file,
      line: spec.line,
      text: `${spec.path} does nothing here`,
    }));
    return [...source.notes, ...unread].toSorted((one, other) => one.line - other.line);
  }

  #unread(): Spec[] {
    if (this.#isUsed) return [];
    const { node } = this.#place;
    if (isMap(node)) return this.keys().flatMap((key) => this.#unreadAt(key, () => this.at(key)));
    if (isSeq(node)) return this.items().flatMap((item) => item.#unread());
    return [];
  }

  #unreadAt(key: string, open: () => Spec): Spec[] {
    const known = this.#children.get(key);
    if (known === undefined) return [open()];
    return known.#unread();
  }

  #child(key: string, place: Place): Spec {
    const child = this.#children.get(key) ?? new Spec(place);
    this.#children.set(key, child);
    return child;
  }
}

function resolved({ node, source }: Place): Node | undefined {
  return isAlias(node) ? node.resolve(source.document) : node;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
