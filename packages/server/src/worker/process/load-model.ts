/** Loads the handler that an archive names and lets it initialize. */
import {
  createModelContext,
  type LocalModel,
  type ModelContextSinks,
  type ModelQuestion,
  type ServerModels,
} from '@marserve/handlers/context';
import { readClassNames } from '@marserve/handlers/class-names';
import { loadHandler, type LoadedHandler } from '@marserve/handlers/load-handler';
import type { HandlerManifest, ModelContext } from '@marserve/handlers';
import type { CodecModel } from '../../protocols/codec.ts';
import { createIdentify, type IdentifyAnswer } from './identify-answers.ts';
import { loadEnvelope } from './service-envelope.ts';
import { logMessage } from './log-message.ts';
import { SamplesOfTurn } from './samples-of-turn.ts';
import type { LoadMessage, PartAmount } from '../../wire/daemon-message.ts';
import {
  MAX_REASON_CHARS,
  MAX_REPORT_CHARS,
  type LogMessage,
  type PredictorMessage,
  type ReadinessMessage,
  type RowsMessage,
  type SamplesMessage,
} from '../../wire/worker-message.ts';

/** A model that is ready to run batches. */
export interface LoadedModel {
  /** Initialized. */
  readonly handler: LoadedHandler;
  /** What the handler was initialized with. */
  readonly context: ModelContext;
  /** For codecs. */
  readonly facts: CodecModel;
  /** For their answers. */
  readonly identify: IdentifyAnswer;
  /** See `LoadMessage`. */
  readonly maxResponseBytes: number;
  /** See `LoadMessage`. */
  readonly partsAhead: PartAmount;
}

/** Takes what a handler says beside its answers. */
export type TellDaemon = (
  message: LogMessage | PredictorMessage | ReadinessMessage | RowsMessage | SamplesMessage,
) => void;

/** How a handler reaches whoever runs it. */
export interface HandlerSurroundings {
  /** Takes what it says. */
  readonly tell: TellDaemon;
  /** Takes what it asks other models; undefined where there are none. */
  readonly asks?: {
    readonly ask: (question: ModelQuestion) => ReturnType<ServerModels['ask']>;
    readonly describe: ServerModels['describe'];
  };
}

/** @throws whatever the handler's module or its `initialize` throws */
export async function loadModel(message: LoadMessage, { tell, asks }: HandlerSurroundings): Promise<LoadedModel> {
  process.chdir(message.modelDir);
  const manifest = message.manifest as HandlerManifest;
  const modelConfig = JSON.parse(message.modelConfig) as Record<string, unknown>;
  const { modelDir, gpuId, batchSize, serverVersion, serviceEnvelope, maxResponseBytes, partsAhead, experiments } =
    message;
  const facts = { manifest, modelDir, modelConfig, gpuId, batchSize, serverVersion };
  const envelope = await loadEnvelope({ modelConfig, manifest, serviceEnvelope });
  const { responseTimeoutMs } = message;
  const models = asks && {
    // Of a row, whoever runs the batch asks.
    ask: (question: ModelQuestion) => asks.ask(question),
    describe: (model: LocalModel) => asks.describe(model),
    responseTimeoutMs,
  };
  const context = createModelContext(facts, { ...createSinks(tell), ...(models && { models }), experiments });
  const handler = await loadHandler({ modelDir, handler: manifest.model.handler });
  await handler.initialize(context);
  const signature = await handler.getSignature(context);
  const labelOf = await readLabels(modelDir);
  const tensorInputs = handler.isBuiltIn ? signature.inputs : undefined;
  const { modelName: name, modelVersion: version } = context;
  const { takesMessages, takesExperimentCalls } = handler;
  const codecFacts = { name, version, signature, tensorInputs, takesMessages, takesExperimentCalls, labelOf, envelope };
  const identify = createIdentify({ name, version, digest: message.digest });
  return { handler, context, facts: codecFacts, identify, maxResponseBytes, partsAhead };
}

/** A handler may keep something else in a file of that name. */
async function readLabels(modelDir: string): Promise<CodecModel['labelOf']> {
  const nameOf = await readClassNames(modelDir).catch(() => String);
  return (index) => {
    const name = nameOf(index);
    return name === String(index) ? '' : name;
  };
}

function createSinks(tell: TellDaemon): ModelContextSinks {
  const samples = new SamplesOfTurn((all) => tell({ kind: 'samples', samples: all }));
  return {
    onMetric: (sample) => samples.add(sample),
    onLog: (level, message, fields) => tell(logMessage(level, message, fields)),
    onRows: (rows) =>
      tell({ kind: 'rows', rows: 'apart' in rows ? { apart: rows.apart.slice(0, MAX_REASON_CHARS) } : rows }),
    onPredictor({ isChanged, ...report }) {
      const isShort = JSON.stringify(report).length <= MAX_REPORT_CHARS;
      tell({ kind: 'predictor', isChanged, ...(isShort && { report }) });
    },
    onReadiness: (problem) => tell({ kind: 'readiness', problem: problem?.slice(0, MAX_REASON_CHARS) }),
  };
}
