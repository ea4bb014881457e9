import { describe, expect, it } from 'vitest';
import { facts, notes, plan, SERVICE } from '../test-support/deployment-plans.ts';

describe('a graph of its own kind', () => {
  it('is a model with the keys of a YAML file, with or without its kind', () => {
    const graph = { sequence: ['a', 'b'] };
    const expected = [{ name: 'pair', from: 'graph', config: { graph, minWorkers: 2 } }];
    expect(facts(plan('kind: Graph\nname: pair\nminWorkers: 2\ngraph: { sequence: [a, b] }'))).toEqual(expected);
    expect(facts(plan(JSON.stringify({ name: 'pair', minWorkers: 2, graph })))).toEqual(expected);
  });

  it('may stand beside others in a file, with anchors', () => {
    const text = 'name: one\ngraph: &g { sequence: [a] }\n---\nname: two\ngraph: { sequence: [b] }\n---\n';
    expect(facts(plan(text)).map(({ name }) => name)).toEqual(['one', 'two']);
    expect(() => plan('name: one\ngraph: [a]\n---\nname: one\ngraph: [b]')).toThrow(
      'file.yaml: two of its models would be called "one"',
    );
  });
});

describe('a file', () => {
  it('may hold what is nothing that is served, and says so', () => {
    const made = plan('kind: Namespace\nmetadata: { name: x }\n---\nname: g\ngraph: [a]\n');
    expect(notes(made)).toEqual(['1: the document does nothing here: a Namespace is nothing that is served']);
  });

  it.each([
    ['', 'file.yaml: it is empty'],
    ['# nothing\n---\n', 'file.yaml: it is empty'],
    ['a: [', 'file.yaml:1: expected YAML'],
    [
      'apiVersion: serving.kserve.io/v1alpha1\nkind: TrainedModel\nmetadata: { name: a }\nspec:\n  model:\n    storageUri: ""',
      'file.yaml:6: spec.model.storageUri is empty',
    ],
    ['a: 1\na: 2', 'file.yaml:2: expected YAML: Map keys must be unique'],
    ['just a text', 'file.yaml:1: the document expected an object, came "just a text"'],
    ['- a\n- b', 'file.yaml:1: the document expected an object'],
    ['kind: Pod', 'file.yaml: it has none of Graph, SeldonDeployment'],
    ['a: 1', 'file.yaml:1: the document has no kind'],
    [`${SERVICE}    onnx: { storageUri: 5 }`, '"5" cannot be fetched from here'],
    [`${SERVICE}    onnx: {}`, '6: spec.predictor.onnx has no storageUri'],
    [
      `${SERVICE}    minReplicas: many\n    onnx: { storageUri: "https://h/x.mar" }`,
      '6: spec.predictor.minReplicas expected a number of at least 0, came "many"',
    ],
    [SERVICE.replace('name: iris', 'name: "a b"'), 'metadata.name expected letters'],
    [SERVICE, '5: spec.predictor is missing'],
    [`a: &a [x, x]\nb: &b [*a, *a]\n${'c'.repeat(3)}: [*b, *b]`, 'has no kind'],
  ])('cannot be %j', (text, problem) => {
    expect(() => plan(text)).toThrow(problem);
  });

  it('that repeats itself by aliases is refused before it takes memory', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 12; level += 1)
      lines.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      );
    expect(() => plan(`name: bomb\ngraph: { sequence: [a] }\n${lines.join('\n')}`)).toThrow(/alias/i);
  });
});
