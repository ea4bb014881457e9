import { describe, expect, it } from 'vitest';
import { readWorkflowSpec } from './read-workflow-spec.ts';
import { WorkflowSpecError } from './spec-error.ts';
import { functionsOf } from './workflow-spec.ts';

const DOGS = `models:
    min-workers: 1
    max-workers: 2
    batch-size: 4
    max-batch-delay: 100
    retry-attempts: 5
    timeout-ms: 3000

    cats: { url: cats.mar, batch-size: 1 }
    dogs:
      url: https://example.org/dogs.mar
      min-workers: 2

dag:
  pre: [cats, dogs]
  cats: [dogs]
`;

const read = (text: string) => readWorkflowSpec(text, 'w.yaml');

describe('a spec', () => {
  it('has models, with their own settings before those of all, and functions', () => {
    const all = { maxWorkers: 2, maxBatchDelay: 100, retryAttempts: 5, timeoutMs: 3000 };
    const spec = read(DOGS);
    expect(spec).toEqual({
      start: 'pre',
      leaves: ['dogs'],
      nodes: [
        { kind: 'function', name: 'pre', settings: { retryAttempts: 5, timeoutMs: 3000 }, parents: [] },
        {
          kind: 'model',
          name: 'cats',
          url: 'cats.mar',
          settings: { ...all, minWorkers: 1, batchSize: 1 },
          parents: ['pre'],
        },
        {
          kind: 'model',
          name: 'dogs',
          url: 'https://example.org/dogs.mar',
          settings: { ...all, minWorkers: 2, batchSize: 4 },
          parents: ['pre', 'cats'],
        },
      ],
      edges: { pre: ['cats', 'dogs'], cats: ['dogs'] },
      defaults: { ...all, minWorkers: 1, batchSize: 4 },
      warnings: [],
    });
    expect(functionsOf(spec)).toEqual(['pre']);
  });

  it.each([
    ['says nothing that is not in it', 'models: { a: { url: a.mar } }\ndag: { a: [] }', 'a'],
    ['may have a leaf with nothing after it', 'models: { a: { url: a.mar } }\ndag:\n  a:\n', 'a'],
    ['may have functions alone', 'dag: { f: [g] }', 'f g'],
    ['is JSON as well', '{"models": {"a": {"url": "a.mar"}}, "dag": {"f": ["a"]}}', 'f a'],
    ['has its defaults anywhere', 'models: { a: { url: a.mar }, batch-size: 3 }\ndag: { a: [] }', 'a'],
    ['has its nodes in an order in which they can run', 'dag: { c: [d], b: [d], d: [e], a: [c, b, e] }', 'a c b d e'],
    ['may merge keys', 'models: { a: &a { url: x.mar }, b: { <<: *a, batch-size: 2 } }\ndag: { a: [b] }', 'a b'],
  ])('%s', (_, text, order) => {
    const { start, nodes, warnings } = read(text);
    expect([start, nodes.map(({ name }) => name).join(' '), warnings]).toEqual([order.split(' ')[0], order, []]);
  });

  it('may end in several leaves', () => {
    expect(read('dag: { a: [b, c], c: [d] }').leaves).toEqual(['b', 'd']);
  });

  it('is warned about where something is odd', () => {
    const { warnings, edges } = read('models:\n  a: { url: a.mar }\ndag:\n  f: [g, h, g]\n');
    expect(edges).toEqual({ f: ['g', 'h'] });
    expect(warnings).toEqual([
      'w.yaml:2:3: models.a: is not in dag, and is not served',
      'w.yaml:4:13: dag.f[2]: names g again',
    ]);
  });
});

describe('a spec is refused with file, line and column', () => {
  const A = 'models:\n  a: { url: a.mar }\n';

  it.each([
    ['nothing', '', 'w.yaml:1:1: expected a mapping with models and dag, came nothing'],
    ['a list', '- a', 'w.yaml:1:1: expected a mapping with models and dag, came ["a"]'],
    ['no YAML', 'models: [\n', 'w.yaml:2:1: expected YAML or JSON: '],
    ['two documents', 'dag: { a: [] }\n---\ndag: { a: [] }\n', 'w.yaml: expected YAML or JSON: expected one document'],
    ['no dag', A, 'w.yaml:1:1: dag: expected a mapping of nodes to lists of nodes, came nothing'],
    [
      'an unknown section',
      `${A}dag: { a: [] }\nmodel: 1\n`,
      'w.yaml:4:1: model: is no known key. Did you mean models?',
    ],
    [
      'models that are a list',
      'models: [a]\ndag: { a: [] }',
      'w.yaml:1:1: models: expected a mapping of settings and models',
    ],
    [
      'a misspelt setting',
      `models:\n  batch_size: 2\ndag: { a: [] }`,
      'w.yaml:2:3: models.batch_size: expected a model, such as {url: NAME.mar}, came 2. Did you mean batch-size?',
    ],
    [
      'a misspelt key',
      `models:\n  a: { url: a.mar, batchsize: 2 }\ndag: { a: [] }`,
      'w.yaml:2:20: models.a.batchsize: is no known key. Did you mean batch-size?',
    ],
    [
      'a model without url',
      `models:\n  a: { batch-size: 2 }\ndag: { a: [] }`,
      'w.yaml:2:3: models.a.url: expected the file or address of an archive, such as NAME.mar, came nothing',
    ],
    [
      'an empty url',
      `models:\n  a: { url: "" }\ndag: { a: [] }`,
      'w.yaml:2:8: models.a.url: expected the file or address of an archive, such as NAME.mar, came ""',
    ],
    [
      'a setting that is a text',
      `models:\n  min-workers: "1"\ndag: { a: [] }`,
      'w.yaml:2:3: models.min-workers: expected an integer from 0, came "1"',
    ],
    [
      'a batch of none',
      `models:\n  a: { url: a.mar, batch-size: 0 }\ndag: { a: [] }`,
      'w.yaml:2:20: models.a.batch-size: expected an integer from 1, came 0',
    ],
    [
      'retries without end',
      `models: { retry-attempts: 1e9 }\ndag: { a: [] }`,
      'w.yaml:1:11: models.retry-attempts: expected an integer from 0 to 100, came 1000000000',
    ],
    ['children that are no list', `${A}dag:\n  a: b\n`, 'w.yaml:4:3: dag.a: expected a list of nodes, came "b"'],
    [
      'a child that is no name',
      `${A}dag:\n  a: [b, 7]\n`,
      'w.yaml:4:10: dag.a[1]: expected the name of a node (letters, digits, "_", "-", "."), came 7',
    ],
    ['a name that is a path', `dag:\n  "../a": []\n`, 'w.yaml:2:3: dag.../a: expected the name of a node'],
    [
      'a name that every object has',
      `dag:\n  constructor: []\n`,
      'w.yaml:2:3: dag.constructor: expected the name of a node',
    ],
    ['a prototype', `dag:\n  __proto__: [a]\n  a: []\n`, 'w.yaml:2:3: dag.__proto__: expected the name of a node'],
    [
      'a prototype among models',
      `models:\n  __proto__: { url: a.mar }\ndag: { a: [] }\n`,
      'w.yaml:2:3: models.__proto__: expected the name of a node',
    ],
    [
      'a function that cannot be called so',
      `${A}dag:\n  a: [cat-dog]\n`,
      'w.yaml:4:7: dag.a[0]: cat-dog is not under models, and cannot be the name of a function: letters, digits and "_"',
    ],
    ['no node', 'dag: {}', 'w.yaml:1:1: dag: expected one node that no other leads to, came no node'],
    [
      'two starts',
      'dag:\n  a: [c]\n  b: [c]\n',
      'w.yaml:3:3: dag.b: expected one node that no other leads to, came 2 (a, b)',
    ],
    [
      'a circle',
      'dag:\n  s: [a]\n  a: [b]\n  b: [c, d]\n  c: [a]\n',
      'w.yaml:3:3: dag.a: is in a circle: a → b → c → a',
    ],
    ['a circle of one', 'dag:\n  s: [a]\n  a: [a]\n', 'w.yaml:3:3: dag.a: is in a circle: a → a'],
    [
      'too many nodes',
      `dag: { s: [${Array.from({ length: 101 }, (_, n) => `f${n}`).join(', ')}] }`,
      'w.yaml:1:1: dag: expected 100 nodes at most, came 102',
    ],
  ])('%s', (_, text, message) => {
    expect(() => read(text)).toThrow(WorkflowSpecError);
    expect(() => read(text)).toThrow(message);
  });

  it('everything at once, but not without end', () => {
    const names = Array.from({ length: 5000 }, (_, n) => `  n${n}: 7`);
    const text = `models:\n  batch-size: x\n  a: 1\ndag:\n${names.join('\n')}\n`;
    let message = '';
    try {
      read(text);
    } catch (error) {
      ({ message } = error as Error);
    }
    const lines = message.split('\n');
    expect(lines).toHaveLength(21);
    expect(lines.slice(0, 3)).toEqual([
      expect.stringMatching(/^w.yaml:2:3: models.batch-size: /),
      expect.stringMatching(/^w.yaml:3:3: models.a: /),
      expect.stringMatching(/^w.yaml:5:3: dag.n0: expected a list of nodes, came 7$/),
    ]);
    expect(lines.at(-1)).toBe('… and 4982 more');
  });
});
