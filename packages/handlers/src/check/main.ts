/**
 * The entry of a child process (`fork`, with IPC) that opens models and imports handlers for whoever does not want to run
 * them itself. Each message is one `CheckRequest`, each answer one `CheckReply`.
 */
import { findBuiltIn } from '../load/built-in.ts';
import { createModelContext } from '../context/context.ts';
import { importHandlerModule } from '../load/handler-module.ts';
import { loadHandler } from '../load/load-handler.ts';
import { findExternalData } from '../onnx/external-data.ts';
import { readOnnxOptions } from '../onnx/onnx-options.ts';
import { namedFunctions } from '../load/named-functions.ts';
import { openSession } from '../onnx/onnx-session.ts';
import { MissingFaissError } from '../search/faiss.ts';
import { resolveExport } from '../load/resolve-export.ts';
import { describeError } from './describe-error.ts';
import type { CheckReply, CheckRequest, HandlerChecked, ModelChecked } from './messages.ts';

export type { CheckFailed, CheckReply, CheckRequest, HandlerChecked, ModelChecked } from './messages.ts';

async function answer(request: CheckRequest): Promise<CheckReply> {
  try {
    if (request.kind === 'model') return await checkModel(request.path);
    if (request.kind === 'built-in') return await checkBuiltIn(request);
    if (request.kind === 'functions') return await checkFunctions(request);
    return await checkHandler(request.modelDir, request.handler);
  } catch (error) {
    return { ok: false, error: { message: describeError(error) } };
  }
}

async function checkModel(path: string): Promise<ModelChecked> {
  const session = await openSession(path);
  const { signature } = session;
  await session.close();
  return { ok: true, signature, externalData: findExternalData(path) };
}

async function checkHandler(modelDir: string, handler: string): Promise<HandlerChecked> {
  const builtIn = await findBuiltIn(handler);
  if (builtIn !== undefined) return { ok: true, exports: 'class', name: builtIn.name };
  const { kind, name } = resolveExport(await importHandlerModule(modelDir, handler));
  return { ok: true, exports: kind === 'function' ? kind : 'class', name };
}

async function checkFunctions(request: CheckRequest & { kind: 'functions' }): Promise<HandlerChecked> {
  await namedFunctions(request.modelDir, request);
  return { ok: true, exports: 'function', name: request.names.join(', ') };
}

async function checkBuiltIn({ handler, ...request }: CheckRequest & { kind: 'built-in' }): Promise<HandlerChecked> {
  const { modelDir, serializedFile } = request;
  const modelConfig = withoutServer(request.modelConfig);
  const model = {
    modelName: 'check',
    modelVersion: '1.0',
    handler,
    ...(serializedFile !== undefined && { serializedFile }),
  };
  const facts = {
    manifest: { runtime: 'node', model },
    modelDir,
    modelConfig,
    gpuId: -1,
    batchSize: 1,
    serverVersion: '',
  };
  const loaded = await loadHandler({ modelDir, handler });
  const warnings: string[] = [];
  const onLog = (level: string, message: string): void => {
    if (level === 'warn') warnings.push(message);
  };
  try {
    await loaded.initialize(createModelContext(facts, { onMetric() {}, onLog }));
  } catch (error) {
    if (!(error instanceof MissingFaissError)) throw error;
    warnings.push(`The index was not opened: ${error.message}`);
  }
  return { ok: true, exports: loaded.style, name: loaded.name, warnings };
}

/** Execution providers that the server has are not those of this machine, nor has it the server's predictors and other models. */
function withoutServer(modelConfig: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { executionProviders: _, ...onnx } = readOnnxOptions(modelConfig);
  const { predictor_host: host } = modelConfig;
  const isElsewhere = host === undefined || (typeof host === 'string' && host.startsWith('local:'));
  const predictor = { enable_predictor_health_check: false, ...(isElsewhere && { predictor_host: '127.0.0.1' }) };
  return { ...modelConfig, onnx, ...predictor };
}

process.on('message', (request: CheckRequest) => {
  void answer(request).then((reply) => process.send?.(reply));
});
// Nobody waits for an answer any more, whatever an author's code still has to do.
process.on('disconnect', () => process.exit());
// An author's code may leave timers or rejections behind: the answer is what counts.
process.on('unhandledRejection', (reason) => {
  process.send?.({ ok: false, error: { message: describeError(reason) } } satisfies CheckReply);
});
