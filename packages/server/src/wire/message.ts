/** What daemon and worker say to each other, as frames. */
import { writeAsk } from './ask-message.ts';
import type { DaemonMessage } from './daemon-message.ts';
import { encodeFrame, type Frame, type FrameContent } from './frame.ts';
import { plainJson } from './plain-json.ts';
import { writeReply } from './reply-message.ts';
import { writeRun, type RunMessage } from './run-message.ts';
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
] as const satisfies Message['kind'][];

/** A message as chunks to write. @param payload the bytes behind it */
export function encodeMessage(message: Message, payload: readonly Uint8Array[] = []): Uint8Array[] {
  const id = 'id' in message ? message.id : 0;
  return encodeFrame({ kind: KINDS.indexOf(message.kind), id, fields: fieldsOf(message), payload });
}

function fieldsOf(message: Message): FrameContent['fields'] {
  if (message.kind === 'run') return writeRun(message);
  if (message.kind === 'reply') return writeReply(message);
  if (message.kind === 'ask') return writeAsk(message);
  const { kind: _, ...members } = message;
  return { numbers: [], text: plainJson(members) };
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
