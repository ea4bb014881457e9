/** What daemon and worker say to each other, as frames. */
import type { AskMessage } from './ask-message.ts';
import type { DaemonMessage } from './daemon-message.ts';
import { encodeFrame, type Frame } from './frame.ts';
import { plainJson } from './plain-json.ts';
import type { ReplyMessage } from './reply-message.ts';
import type { RunMessage } from './run-message.ts';
import type { WorkerMessage } from './worker-message.ts';

/** Everything that is said on the wire. */
export type Message = DaemonMessage | WorkerMessage;

/** A kind's number on the wire is its place here. */
const KINDS = [
  'load',
  'run',
  'stop',
  'loaded',
  'loadFailed',
  'reply',
  'samples',
  'log',
  'takeBack',
  'givenBack',
  'rows',
  'part',
  'taken',
  'cancel',
  'hello',
  'want',
  'pass',
  'turn',
  'readiness',
  'used',
  'ask',
  'answered',
  'askFailed',
  'predictor',
  'withdraw',
  'answerPart',
  'partsTaken',
] as const satisfies Message['kind'][];

/** What is said as JSON: all but batches, their answers and questions, which `encodeRun`, `encodeReply` and `encodeAsk` write. */
export type JsonMessage = Exclude<Message, RunMessage | ReplyMessage | AskMessage>;

/** A message as chunks to write. @param payload the bytes behind it */
export function encodeMessage(message: JsonMessage, payload: readonly Uint8Array[] = []): Uint8Array[] {
  const { kind, ...members } = message;
  const id = 'id' in message ? message.id : 0;
  return encodeFrame({ kind: kindNumber(kind), id, fields: { numbers: [], text: plainJson(members) }, payload });
}

/** A kind as frames have it. */
export function kindNumber(kind: Message['kind']): number {
  return KINDS.indexOf(kind);
}

/** What a frame is about. @throws Error for an unknown kind */
export function kindOf({ kind }: Pick<Frame, 'kind'>): Message['kind'] {
  const name = KINDS[kind];
  if (name === undefined) throw new Error(`a frame of unknown kind ${kind}`);
  return name;
}

/** The header of a frame that has no numbers. @throws Error for one that is no JSON, or has numbers */
export function readJson({ numbers, text }: Frame): unknown {
  if (numbers.length > 0) throw new Error(`a header of JSON, and ${numbers.length} numbers before it`);
  return JSON.parse(text) as unknown;
}

/** A message of the daemon's, which is ours: its fields are not checked. Batches are read by `readRun`. @throws Error for an unknown kind */
export function decodeDaemonMessage(frame: Frame): Exclude<DaemonMessage, RunMessage> {
  const kind = kindOf(frame);
  return { ...(readJson(frame) as object), kind } as Exclude<DaemonMessage, RunMessage>;
}
