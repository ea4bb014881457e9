/** Where the values of a YAML text stand, for messages that name them by their path. */
import { EVENT_ID, SCALAR_STYLE, getScalarValue, parseEvents, type Event } from 'js-yaml';

/** A place in a text, both from 1. */
export interface TextPlace {
  /** From the top. */
  readonly line: number;
  /** From the left, in UTF-16 units. */
  readonly column: number;
}

/** A value that a path leads to, as far as it leads to one. */
export interface YamlValue extends TextPlace {
  /** The last key of the path; undefined of the whole document and of items of lists. */
  readonly key?: string;
}

/**
 * Follows a path such as `.sequence[1].when` from the top of a document; keys may have any characters, and what follows the path in
 * the text is ignored. Where it leads to nothing, that is the place of the last value before.
 * @param text YAML that can be parsed
 */
export function findYamlValue(text: string, path: string): YamlValue {
  return yamlPlaces(text)(path);
}

/** The same for several paths of one text, which is read once. */
export function yamlPlaces(text: string): (path: string) => YamlValue {
  const tree = readTree(text);
  return (path) => {
    let [node, key, rest] = [tree, undefined as string | undefined, path];
    for (;;) {
      const next = step(node, rest);
      if (next === undefined) return { ...placeAt(text, node.at), ...(key !== undefined && { key }) };
      ({ node, key, rest } = next);
    }
  };
}

interface TreeNode {
  /** Offset of the value, or of its key where it has one. */
  readonly at: number;
  readonly entries: Map<string, TreeNode>;
  readonly items: TreeNode[];
}

interface Step {
  readonly node: TreeNode;
  readonly key: string | undefined;
  readonly rest: string;
}

function step(node: TreeNode, path: string): Step | undefined {
  const [index, item] = /^\[(\d+)\]/.exec(path) ?? [];
  if (index !== undefined) {
    const found = node.items[Number(item)];
    return found && { node: found, key: undefined, rest: path.slice(index.length) };
  }
  if (!path.startsWith('.')) return undefined;
  const rest = path.slice(1);
  const keys = [...entriesOf(node)].filter(([key]) => rest.startsWith(key) && !/^[\w-]/.test(rest.slice(key.length)));
  const [longest] = keys.sort(([one], [other]) => other.length - one.length);
  return longest && { node: longest[1], key: longest[0], rest: rest.slice(longest[0].length) };
}

/** Those that merge keys bring, too; its own come last and win. */
function entriesOf({ entries }: TreeNode): Map<string, TreeNode> {
  const merged = entries.get('<<');
  const parts = merged === undefined ? [] : [merged, ...merged.items.toReversed()];
  return new Map([...parts.flatMap((part) => [...part.entries]), ...entries]);
}

function readTree(text: string): TreeNode {
  const events = parseEvents(text, {}).values();
  const anchors = new Map<string, TreeNode>();
  const read = (event: Event | undefined): TreeNode | undefined => {
    if (event === undefined || event.type === EVENT_ID.POP) return undefined;
    if (event.type === EVENT_ID.DOCUMENT) return read(events.next().value);
    if (event.type === EVENT_ID.ALIAS) return { ...node(event.anchorStart), ...anchors.get(anchorOf(text, event)) };
    const found = node(startOf(event));
    if (event.anchorStart >= 0) anchors.set(anchorOf(text, event), found);
    if (event.type === EVENT_ID.SCALAR) return found;
    for (let next = events.next().value; next !== undefined && next.type !== EVENT_ID.POP; next = events.next().value) {
      const part = read(next);
      if (event.type === EVENT_ID.SEQUENCE) found.items.push(part ?? node(found.at));
      else {
        const key = next.type === EVENT_ID.SCALAR ? getScalarValue(text, next) : '';
        found.entries.set(key, { ...(read(events.next().value) ?? found), at: part?.at ?? found.at });
      }
    }
    return found;
  };
  return read(events.next().value) ?? node(0);
}

function node(at: number): TreeNode {
  return { at: Math.max(at, 0), entries: new Map(), items: [] };
}

function anchorOf(text: string, { anchorStart, anchorEnd }: { anchorStart: number; anchorEnd: number }): string {
  return text.slice(anchorStart, anchorEnd);
}

function startOf(
  event: Exclude<Event, { type: typeof EVENT_ID.DOCUMENT | typeof EVENT_ID.POP | typeof EVENT_ID.ALIAS }>,
): number {
  if (event.type !== EVENT_ID.SCALAR) return event.start;
  const isQuoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
  return isQuoted ? event.valueStart - 1 : event.valueStart;
}

function placeAt(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset).replace(/^\uFEFF/, '');
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: before.length - start + 1 };
}
