/** A worker: one loaded model in a process of its own, behind the socket it inherited as file descriptor 3. */
import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net';
import { FrameReader } from '../../wire/frame.ts';
import { decodeMessage, encodeMessage, type LoadMessage, type Message, type RunMessage } from '../../wire/message.ts';
import { loadModel, type LoadedModel } from './load-model.ts';
import { runBatch } from './run-batch.ts';
import { wireError } from './wire-error.ts';

/** The daemon's limit is on what it receives; what it sends is limited where it came in. */
const reader = new FrameReader(Infinity);
/** What comes is read into the reader's memory. The types of Node know `onread` where a socket connects only. */
const inherited: SocketConstructorOpts & Pick<ConnectOpts, 'onread'> = {
  fd: 3,
  onread: { buffer: () => reader.room, callback: receive },
};
const socket = new Socket(inherited);
let model: Promise<LoadedModel> | undefined;

function send(message: Message, payload: readonly Uint8Array[] = []): void {
  const chunks = encodeMessage(message, payload);
  socket.cork();
  for (const chunk of chunks) socket.write(chunk);
  socket.uncork();
}

async function load(message: LoadMessage): Promise<void> {
  model = loadModel(message, send);
  try {
    await model;
    send({ kind: 'loaded' });
  } catch (error) {
    send({ kind: 'loadFailed', error: wireError(error, 'worker_start_failed') });
    socket.end(() => process.exit(1));
  }
}

/** Batches may come before those ahead of them are answered; they are run one after the other all the same. */
let lastBatch: Promise<void> = Promise.resolve();

function enqueue(message: RunMessage, payload: Buffer): void {
  lastBatch = lastBatch.then(() => run(message, payload));
}

async function run(message: RunMessage, payload: Buffer): Promise<void> {
  if (model === undefined) throw new Error('a batch came before the model');
  const { reply, bodies } = await runBatch(await model, message, payload);
  send({ ...reply, residentBytes: residentBytesNowAndThen() }, bodies);
}

/** The memory is told once a second, because reading it takes about as long as a small batch. */
const MEMORY_INTERVAL_MS = 1000;
let memoryToldAt = -Infinity;

function residentBytesNowAndThen(): number | undefined {
  const now = performance.now();
  if (now - memoryToldAt < MEMORY_INTERVAL_MS) return undefined;
  memoryToldAt = now;
  return process.memoryUsage.rss();
}

function receive(bytes: number): boolean {
  for (const frame of reader.accept(bytes)) handle(decodeMessage(frame), frame.payload);
  return true;
}

function handle(message: Message, payload: Buffer): void {
  if (message.kind === 'load') void load(message);
  else if (message.kind === 'run') enqueue(message, payload);
  else if (message.kind === 'stop') process.exit(0);
  else throw new Error(`the daemon does not send ${message.kind}`);
}

// Nobody is left to work for.
socket.on('close', () => process.exit(0));
socket.on('error', () => process.exit(0));
// Signals to the whole process group, as from a terminal or a service manager, are for the daemon: it drains, then ends us.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});
