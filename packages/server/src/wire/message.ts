/** What daemon and worker say to each other, as frames. */
import type { DaemonMessage } from './daemon-message.ts';
import { encodeFrame, type Frame } from './frame.ts';
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
] as const satisfies Message['kind'][];

/** A message as chunks to write. */
export function encodeMessage(message: Message, payload: readonly Uint8Array[] = []): Uint8Array[] {
  const { kind, ...header } = message;
  const id = 'id' in message ? message.id : 0;
  return encodeFrame({ kind: KINDS.indexOf(kind), id, header }, payload);
}

/** What a frame is about. @throws Error for an unknown kind */
export function kindOf(frame: Pick<Frame, 'kind'>): Message['kind'] {
  const kind = KINDS[frame.kind];
  if (kind === undefined) throw new Error(`a frame of unknown kind ${frame.kind}`);
  return kind;
}

/** The message of a frame from the daemon, which is ours: its fields are not checked. @throws Error for an unknown kind */
export function decodeDaemonMessage(frame: Frame): DaemonMessage {
  const kind = kindOf(frame);
  return { ...(frame.header as object), kind } as DaemonMessage;
}
