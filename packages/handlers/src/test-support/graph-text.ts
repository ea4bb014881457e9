/** Nodes of a graph, written as text. */
import type { OnnxAttribute, OnnxNode } from '../../../../test/fixtures/onnx-builder.ts';

/** `y = Op(x, w)` a line; another domain as `Op@domain`, attributes behind a bar: whole numbers, lists of them, and text. */
export function nodesOf(text: string): OnnxNode[] {
  return text.split('\n').map((line) => nodeOf(line.trim()));
}

function nodeOf(text: string): OnnxNode {
  const [, outputs = '', op = '', inputs = '', attributes = ''] = /^(.*?) = (.*)\(([^|]*)\|?(.*)\)$/.exec(text) ?? [];
  const [name = '', domain] = op.split('@');
  const entries = attributes
    .split(';')
    .filter((entry) => entry.trim() !== '')
    .map((entry): [string, OnnxAttribute] => {
      const [key = '', value = ''] = entry.trim().split('=');
      if (value.startsWith('[')) return [key, { ints: JSON.parse(value) as number[] }];
      return [key, /^-?\d+$/.test(value) ? { int: Number(value) } : { string: value }];
    });
  const list = (names: string): string[] => (names.trim() === '' ? [] : names.split(',').map((item) => item.trim()));
  return { op: name, outputs: list(outputs), inputs: list(inputs), domain, attributes: Object.fromEntries(entries) };
}
