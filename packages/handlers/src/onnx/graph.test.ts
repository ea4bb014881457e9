import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  buildModel,
  floatBytes,
  int64Bytes,
  type OnnxGraph,
  type OnnxNode,
} from '../../../../test/fixtures/onnx-builder.ts';
import { zipMapModel } from '../../../../test/fixtures/onnx-models.ts';
import { hasSharedData, NEEDS_SHARED_DATA, SHARED_DATA } from '../../../../test/helpers/shared-data.ts';
import { readGraph, readModel } from './graph.ts';

const branch = (op: string): OnnxGraph => ({
  inputs: [],
  outputs: [{ name: 'result', type: 'float32', shape: ['batch', 2] }],
  nodes: [{ op, inputs: ['x'], outputs: ['result'] }],
});

const MODEL = readModel(
  buildModel({
    inputs: [{ name: 'x', type: 'float32', shape: ['batch', -1, 3] }],
    outputs: [
      { name: 'y', type: 'int64', shape: [] },
      { name: 'maps', sequenceOfMapsFrom: 'int64' },
    ],
    nodes: [
      {
        op: 'Softmax',
        inputs: ['x'],
        outputs: ['s'],
        attributes: { axis: { int: -2 }, alpha: { float: 0.5 }, mode: { string: 'linear' } },
      },
      { op: 'Slice', inputs: ['s', 'starts', '', 'axes'], outputs: ['y', ''], domain: 'ai.onnx' },
      {
        op: 'If',
        inputs: ['c'],
        outputs: ['z'],
        attributes: { then_branch: { graph: branch('Neg') }, else_branch: { graph: branch('Abs') } },
      },
      {
        op: 'Constant',
        inputs: [],
        outputs: ['k'],
        attributes: { value: { tensor: { name: '', type: 'int64', dims: [2], bytes: int64Bytes([-1, 5]) } } },
      },
    ],
    initializers: [
      { name: 'starts', type: 'int64', dims: [2], bytes: int64Bytes([0, -1]) },
      { name: 'weights', type: 'float32', dims: [2, 1], bytes: floatBytes([1, 2]) },
      { name: 'elsewhere', type: 'int64', dims: [1], external: 'w.bin' },
    ],
  }),
);

describe('readModel', () => {
  it('tells the inputs and outputs, and the operator sets', () => {
    expect(MODEL.graph.inputs).toEqual([{ name: 'x', type: 1, dims: ['batch', -1, 3] }]);
    expect(MODEL.graph.outputs).toEqual([
      { name: 'y', type: 7, dims: [] },
      { name: 'maps', type: undefined, dims: undefined },
    ]);
    expect([...MODEL.opsets]).toEqual([
      ['', 17],
      ['ai.onnx.ml', 3],
    ]);
  });

  it('tells the nodes in their order, what they take and make, and who makes a value', () => {
    const { nodes, producers } = MODEL.graph;
    expect(nodes.map(({ op, domain, inputs, outputs }) => [op, domain, inputs, outputs])).toEqual([
      ['Softmax', '', ['x'], ['s']],
      ['Slice', '', ['s', 'starts', '', 'axes'], ['y', '']],
      ['If', '', ['c'], ['z']],
      ['Constant', '', [], ['k']],
    ]);
    expect(producers.get('y')?.op).toBe('Slice');
    expect(producers.get('x')).toBeUndefined();
  });

  it('decodes attributes when they are asked for', () => {
    const [softmax, , , constant] = MODEL.graph.nodes;
    expect(softmax?.int('axis', -1)).toBe(-2);
    expect(softmax?.int('other', -1)).toBe(-1);
    expect(softmax?.float('alpha')).toBe(0.5);
    expect(softmax?.string('mode')).toBe('linear');
    expect([softmax?.has('mode'), softmax?.has('other')]).toEqual([true, false]);
    expect(constant?.constant('value')?.integers()).toEqual([-1, 5]);
  });

  it('decodes the values of integer constants alone, where they are few and inside of the file', () => {
    const { initializers } = MODEL.graph;
    expect(initializers.get('starts')).toMatchObject({ name: 'starts', type: 7, dims: [2] });
    expect(initializers.get('starts')?.integers()).toEqual([0, -1]);
    expect(initializers.get('weights')).toMatchObject({ type: 1, dims: [2, 1] });
    expect(initializers.get('weights')?.integers()).toBeUndefined();
    expect(initializers.get('elsewhere')?.integers()).toBeUndefined();
  });

  it('gives the graphs inside of a node, to be read when somebody wants them', () => {
    const branches = MODEL.graph.nodes[2]?.subgraphs().map(readGraph);
    expect(branches?.map(({ nodes }) => nodes[0]?.op)).toEqual(['Neg', 'Abs']);
  });

  it('reads lists of texts and numbers', () => {
    const zipMap = readModel(zipMapModel(['a', 'b'])).graph.nodes.at(-1);
    expect([zipMap?.domain, zipMap?.strings('classlabels_strings')]).toEqual(['ai.onnx.ml', ['a', 'b']]);
    const numbers = readModel(zipMapModel([-1, 7])).graph.nodes.at(-1);
    expect(numbers?.ints('classlabels_int64s')).toEqual([-1, 7]);
  });

  it('names the functions that a model brings along', () => {
    const functions = new BinaryWriter().tag(25, WireType.LengthDelimited).fork();
    functions.tag(1, WireType.LengthDelimited).string('Twice').tag(10, WireType.LengthDelimited).string('mine').join();
    const model = Buffer.concat([buildModel(branch('Neg')), functions.finish()]);
    expect([...readModel(model).functions]).toEqual(['mine:Twice']);
  });

  it.skipIf(!hasSharedData)(`reads a model of another exporter${NEEDS_SHARED_DATA}`, async () => {
    const { graph } = readModel(await readFile(join(SHARED_DATA, 'mnist.onnx')));
    expect(graph.nodes.length).toBeGreaterThan(5);
    expect(graph.outputs.map(({ name }) => graph.producers.get(name)?.op)).not.toContain(undefined);
  });
});

describe('readModel, of what is hostile or damaged,', () => {
  const chain = (length: number): OnnxNode[] =>
    Array.from({ length }, (_, index) => ({ op: 'Neg', inputs: [`v${index}`], outputs: [`v${index + 1}`] }));

  it('refuses what is not a model', () => {
    expect(() => readModel(Buffer.from('not a model'))).toThrow(Error);
    expect(() => readModel(new Uint8Array())).toThrow('Expected a model with a graph, got 0');
  });

  it('refuses two graphs, which a runtime may merge or not', () => {
    const model = buildModel(branch('Neg'));
    expect(() => readModel(Buffer.concat([model, model]))).toThrow('got 2');
  });

  it('refuses a graph of more nodes than anybody exports', () => {
    expect(() => readModel(buildModel({ inputs: [], outputs: [], nodes: chain(200_001) }))).toThrow('at most 200000');
  });

  it('does not decode a constant whose dimensions lie', () => {
    const initializers = [{ name: 'k', type: 'int64', dims: [3], bytes: int64Bytes([1]) }] as const;
    const { graph } = readModel(buildModel({ inputs: [], outputs: [], nodes: [], initializers }));
    expect(graph.initializers.get('k')?.integers()).toBeUndefined();
  });
});
