/** All scenarios, in the order in which they run. */
import type { Scenario } from '../scenario.ts';
import { frontEnds } from './front-ends.ts';
import { graphSequence } from './graph-sequence.ts';
import { idleConnections } from './idle-connections.ts';
import { idleModels } from './idle-models.ts';
import { image } from './image.ts';
import { large } from './large.ts';
import { medium } from './medium.ts';
import { memoryDaemon } from './memory-daemon.ts';
import { memoryModels } from './memory-models.ts';
import { memoryWorker } from './memory-worker.ts';
import { mergedExports } from './merged.ts';
import { oipBinary } from './oip-binary.ts';
import { oipGrpc } from './oip-grpc.ts';
import { registration } from './registration.ts';
import { registrationHostile } from './registration-hostile.ts';
import { small } from './small.ts';
import { startDaemonScenario } from './start-daemon.ts';
import { startModels } from './start-models.ts';
import { startWorker } from './start-worker.ts';
import { stream } from './stream.ts';
import { tensorJson } from './tensor-json.ts';
import { tensorRaw } from './tensor-raw.ts';
import { tinyBatched } from './tiny-batched.ts';
import { tinyDefault } from './tiny-default.ts';
import { tinyLatency } from './tiny-latency.ts';
import { tinySingle } from './tiny-single.ts';
import { transformers } from './transformer.ts';
import { twoProcesses } from './two-processes.ts';
import { twoWorkers } from './two-workers.ts';
import { upload } from './upload.ts';

export const SCENARIOS: readonly Scenario[] = [
  tinyBatched,
  tinyDefault,
  tinySingle,
  tinyLatency,
  twoProcesses,
  small,
  medium,
  large,
  image,
  tensorRaw,
  tensorJson,
  upload,
  ...oipBinary,
  ...oipGrpc,
  ...transformers,
  graphSequence,
  stream,
  ...mergedExports,
  twoWorkers,
  frontEnds,
  startDaemonScenario,
  startModels,
  startWorker,
  memoryDaemon,
  memoryWorker,
  memoryModels,
  registration,
  registrationHostile,
  ...idleConnections,
  idleModels,
];
