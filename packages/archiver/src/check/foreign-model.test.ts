import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { packageModel } from '../package-model.ts';
import { createProject } from '../test-support/project.ts';

describe('a model that is not ONNX', () => {
  it.each([
    ['model.pt', 'PyTorch', 'torch.onnx.export('],
    ['model.PTH', 'PyTorch', 'torch.onnx.export('],
    ['model.ckpt', 'PyTorch', 'torch.onnx.export('],
    ['model.pkl', 'pickled Python', 'skl2onnx'],
    ['model.joblib', 'pickled Python', 'skl2onnx'],
    ['model.h5', 'Keras', 'format="onnx"'],
    ['model.keras', 'Keras', 'format="onnx"'],
    ['model.pb', 'TensorFlow', 'tf2onnx'],
    ['model.tflite', 'TensorFlow Lite', 'tf2onnx'],
    ['model.safetensors', 'safetensors', 'optimum-cli'],
    ['model.ubj', 'XGBoost', 'onnxmltools'],
  ])('%s is refused for every built-in handler, with the way out', async (file, kind, wayOut) => {
    const { at, options } = await createProject({ [file]: 'weights' });
    for (const handler of ['base_handler', 'image_classifier', 'tabular_classifier', 'vector_search']) {
      const packaging = packageModel(options({ handler, serializedFile: at(file) }));
      await expect(packaging).rejects.toMatchObject({ name: 'PackagingError', code: 'invalid_model' });
      const message = await packaging.then(String, (error: Error) => error.message);
      expect(message).toContain(
        `${at(file)} is a ${kind} model (--serialized-file), which the handler ${handler} cannot run`,
      );
      expect(message).toContain(wayOut);
      expect(message).toContain('then give that file with --serialized-file.');
      expect(message).not.toContain('\n');
      expect(message.includes('--runtime python')).toBe(/base_handler|image_classifier/.test(handler));
    }
  });

  it('is taken for TorchServe, and without checks', async () => {
    const { at, options } = await createProject({ 'model.pt': 'weights', 'model.py': '' });
    const files = { serializedFile: at('model.pt'), modelFile: at('model.py'), force: true };
    const forTorchServe = await packageModel(options({ ...files, handler: 'image_classifier', runtime: 'python' }));
    expect(forTorchServe.manifest).toMatchObject({ runtime: 'python', model: { modelFile: 'model.py' } });
    const unchecked = await packageModel(options({ ...files, handler: 'image_classifier', validate: false }));
    expect(unchecked.manifest).toMatchObject({ runtime: 'node', model: { serializedFile: 'model.pt' } });
  });

  it("is taken with a warning for an author's own handler", async () => {
    const { at, options } = await createProject({ 'model.pt': 'weights' });
    const warnings: string[] = [];
    await packageModel(options({ serializedFile: at('model.pt'), onWarning: (text) => warnings.push(text) }));
    expect(warnings).toEqual([
      expect.stringMatching(/model\.pt is a PyTorch model .*which onnxruntime-node cannot run: export/),
    ]);
  });

  it('of an unknown kind is opened, when the handler is built in', async () => {
    const { at, options } = await createProject({ 'model.bin': 'weights' });
    const packaging = packageModel(options({ handler: 'base_handler', serializedFile: at('model.bin') }));
    await expect(packaging).rejects.toThrow(/model\.bin is not an ONNX model, or it is damaged$/);
  });
});

describe('--model-file', () => {
  it('is refused for built-in handlers, with or without a model', async () => {
    const { at, options } = await createProject({ 'net.py': 'class Net: pass', 'model.onnx': '' });
    for (const serializedFile of [undefined, at('model.onnx')]) {
      const packaging = packageModel(options({ handler: 'image_classifier', modelFile: at('net.py'), serializedFile }));
      await expect(packaging).rejects.toThrow(
        /net\.py has the class of a PyTorch model \(--model-file\), which the handler image_classifier cannot run: export it to ONNX/,
      );
    }
  });
});

describe('a handler in Python', () => {
  it('is packaged for TorchServe, and it is said that model-server does not run it', async () => {
    const { at, options } = await createProject();
    await writeFile(at('h.py'), 'def handle(data, context): return data');
    const warnings: string[] = [];
    const onWarning = (text: string): unknown => warnings.push(text);
    await packageModel(options({ handler: at('h.py'), onWarning }));
    expect(warnings).toEqual([expect.stringMatching(/^Python handlers are for TorchServe; .*docs\/handlers\.md/)]);
    await packageModel(options({ handler: at('h.py'), runtime: 'python', modelName: 'n', onWarning }));
    expect(warnings).toHaveLength(1);
    const refused = packageModel(options({ handler: at('h.py'), runtime: 'node', force: true, onWarning }));
    await expect(refused).rejects.toThrow(/docs\/handlers\.md.*Leave --runtime out/);
  });
});
