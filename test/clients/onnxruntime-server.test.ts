/** ONNX Runtime Server's protocol as the clients of the original speak it, with their own copies of its protos. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildModel, floatBytes } from '../fixtures/onnx-builder.ts';
import { startDaemon } from '../helpers/daemon.ts';
import { missingPython, runPython } from '../helpers/python.ts';

/** What a classifier of images takes and gives, by the names that its exporter chose. */
const CLASSIFIER = buildModel({
  inputs: [{ name: 'input', type: 'float32', shape: [1, 3, 224, 224] }],
  outputs: [{ name: 'output', type: 'float32', shape: [1, 3] }],
  nodes: [
    {
      op: 'ReduceMean',
      inputs: ['input'],
      outputs: ['means'],
      attributes: { axes: { ints: [2, 3] }, keepdims: { int: 0 } },
    },
    { op: 'Mul', inputs: ['means', 'thousand'], outputs: ['scores'] },
    { op: 'Softmax', inputs: ['scores'], outputs: ['output'], attributes: { axis: { int: 1 } } },
  ],
  initializers: [{ name: 'thousand', type: 'float32', dims: [], bytes: floatBytes([1000]) }],
});

const missing = missingPython();

describe.skipIf(missing !== undefined)(`Python clients${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it('of ONNX Runtime Server get what numpy has', async () => {
    const daemon = await startDaemon({
      args: ['--profile', 'onnxruntime-server', '--models', 'resnet50.onnx'],
      fill: (store) => writeFile(path.join(store, 'resnet50.onnx'), CLASSIFIER),
    });
    try {
      const { inference: INFERENCE, grpcInference: GRPC_INFERENCE } = daemon;
      const said = await runPython('onnxruntime_server.py', { INFERENCE, GRPC_INFERENCE });
      expect(said).toBe('grpc\nrest\n');
    } finally {
      await daemon.close();
    }
  });
});
