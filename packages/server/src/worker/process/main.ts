/** A worker: one loaded model in a process of its own, behind the socket it inherited as file descriptor 3. */
import { writeSync } from 'node:fs';
import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net';
import { inspect } from 'node:util';
import { FrameReader, type Frame } from '../../wire/frame.ts';
import type { LoadMessage } from '../../wire/daemon-message.ts';
import { decodeDaemonMessage, encodeMessage, kindOf, type Message } from '../../wire/message.ts';
import { BatchLine, type WaitingBatch } from './batch-line.ts';
import { loadModel, type LoadedModel } from './load-model.ts';
import { BatchParts } from './batch-parts.ts';
import { runBatch } from './run-batch.ts';
import { wireSignature } from './wire-signature.ts';
import { wireError } from './wire-error.ts';

// A handler may replace what is global, or a method of everything: what an answer depends on is kept from before.
const kill = process.kill.bind(process);
const exit = process.exit.bind(process);
const { pid } = process;
const residentBytes = process.memoryUsage.rss.bind(process.memoryUsage);
const now = performance.now.bind(performance);

/** The daemon is ours: it sends no more than it let in. */
const reader = new FrameReader({ maxBytes: Infinity, maxHeaderBytes: Infinity, maxBytesAhead: Infinity });
/** What comes is read into the reader's memory. The types of Node know `onread` where a socket connects only. */
const inherited: SocketConstructorOpts & Pick<ConnectOpts, 'onread'> = {
  fd: 3,
  onread: { buffer: () => reader.room, callback: receive },
};
const socket = new Socket(inherited);
const [cork, write, uncork] = [socket.cork.bind(socket), socket.write.bind(socket), socket.uncork.bind(socket)];
const line = new BatchLine(run);
let model: Promise<LoadedModel> | undefined;

function send(message: Message, payload: readonly Uint8Array[] = []): void {
  const chunks = encodeMessage(message, payload);
  const before = socket.bytesWritten;
  cork();
  for (const chunk of chunks) write(chunk);
  uncork();
  // Node's streams use what a handler may have replaced, too.
  if (socket.bytesWritten === before) die(new Error('nothing can be written to the server'));
}

async function load(message: LoadMessage): Promise<void> {
  try {
    model = loadModel(message, send);
    const { facts, handler } = await model;
    send({ kind: 'loaded', signature: wireSignature(facts.signature), isBuiltIn: handler.isBuiltIn });
  } catch (error) {
    refuse(error);
  }
}

function refuse(error: unknown): void {
  try {
    send({ kind: 'loadFailed', error: wireError(error, 'worker_start_failed') });
    socket.end(() => exit(1));
  } catch {
    die(error);
  }
}

/** The answers of the batch that runs. */
let running: BatchParts | undefined;

async function run(batch: WaitingBatch): Promise<void> {
  try {
    if (model === undefined) throw new Error('a batch came before the model');
    const loaded = await model;
    running = new BatchParts({ id: batch.frame.id, model: loaded, send });
    for (const request of batch.cancelled ?? []) running.cancel(request);
    const { reply, bodies } = await runBatch(loaded, batch, running);
    send({ ...reply, residentBytes: residentBytesNowAndThen() }, bodies);
  } catch (error) {
    die(error);
  }
}

/** Nothing can be answered any more: the daemon is to see that, and not to wait. */
function die(error: unknown): void {
  try {
    writeSync(process.stderr.fd, `the worker cannot go on: ${inspect(error)}\n`);
  } finally {
    kill(pid, 'SIGKILL');
  }
}

/** The memory is told once a second, because reading it takes about as long as a small batch. */
const MEMORY_INTERVAL_MS = 1000;
let memoryToldAt = -Infinity;

function residentBytesNowAndThen(): number | undefined {
  if (now() - memoryToldAt < MEMORY_INTERVAL_MS) return undefined;
  memoryToldAt = now();
  return residentBytes();
}

function receive(bytes: number): boolean {
  try {
    for (const frame of reader.accept(bytes)) handle(frame);
  } catch (error) {
    die(error);
  }
  return true;
}

function handle(frame: Frame): void {
  if (kindOf(frame) === 'run') return void line.add({ frame });
  const message = decodeDaemonMessage(frame);
  switch (message.kind) {
    case 'load':
      void load(message);
      break;
    case 'takeBack':
      send(line.giveBack(message.id));
      break;
    case 'taken':
      if (running?.id === message.id) running.taken(message.request, message);
      break;
    case 'cancel':
      if (running?.id === message.id) running.cancel(message.request);
      else line.cancel(message);
      break;
    case 'stop':
      exit(0);
  }
}

// Nobody is left to work for.
socket.on('close', () => exit(0));
socket.on('error', () => exit(0));
// Signals to the whole process group, as from a terminal or a service manager, are for the daemon: it drains, then ends us.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});
