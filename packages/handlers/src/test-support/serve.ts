/** Runs `base_handler`, or a subclass of it, on a model. */
import type { RowResult } from '../handler.ts';
import { BaseHandler } from '../base/base-handler.ts';
import { testHandler, type TestOptions } from '../testing.ts';
import { modelFolder } from './model-folder.ts';

/** The results of the rows of one batch. */
export async function serve(
  model: Uint8Array,
  rows: unknown[],
  options: TestOptions & { handler?: new () => BaseHandler } = {},
): Promise<RowResult[]> {
  const { handler = BaseHandler, ...rest } = options;
  const modelDir = await modelFolder({ 'model.onnx': model });
  const { results } = await testHandler(handler, rows, { modelDir, serializedFile: 'model.onnx', ...rest });
  return results;
}
