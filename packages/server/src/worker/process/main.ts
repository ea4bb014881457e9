/** A worker: one loaded model in a process of its own, behind the socket it inherited as file descriptor 3. */
import { writeSync } from 'node:fs';
import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net';
import { inspect } from 'node:util';
import { FrameReader, type Frame } from '../../wire/frame.ts';
import type { CancelMessage, LoadMessage } from '../../wire/daemon-message.ts';
import { decodeDaemonMessage, encodeMessage, kindOf, type JsonMessage } from '../../wire/message.ts';
import { encodeReply } from '../../wire/reply-message.ts';
import { BatchLine, type WaitingBatch } from './batch-line.ts';
import { loadModel, type LoadedModel, type TellDaemon } from './load-model.ts';
import { BatchParts, type BatchPartsOptions } from './batch-parts.ts';
import { ModelAsks } from './model-asks.ts';
import { FrontEnds } from './front-ends.ts';
import { nobodyWaits } from './nobody-waits.ts';
import { Peer } from './peer.ts';
import { runBatch } from './run-batch.ts';
import { SharedQuestions } from './shared-questions.ts';
import { Usage } from './usage.ts';
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
const daemon = new Peer(socket);
const line = new BatchLine(run);
let model: Promise<LoadedModel> | undefined;
/** Undefined before the model is to be loaded. */
let asks: ModelAsks | undefined;
/** The same for those that are for requests. */
let shared: SharedQuestions | undefined;
/** Undefined where the daemon is one process. */
let frontEnds: FrontEnds | undefined;

function send(message: JsonMessage): void {
  sendTo(daemon, message);
}

function sendTo(peer: Peer, message: JsonMessage, payload: readonly Uint8Array[] = []): void {
  write(peer, encodeMessage(message, payload));
}

function write(peer: Peer, chunks: readonly Uint8Array[]): void {
  const before = peer.written();
  peer.write(chunks);
  if (peer !== daemon) return;
  // Node's streams use what a handler may have replaced, too.
  if (daemon.written() === before) die(new Error('nothing can be written to the server'));
}

/** What the handler says beside answers. Lines of the log go to whoever knows the requests that they belong to. */
function tell(message: Parameters<TellDaemon>[0]): void {
  if (message.kind === 'rows') frontEnds?.tell(message);
  if (message.kind === 'log' && running?.peer.isGone === false) sendTo(running.peer, message);
  else send(message);
}

async function load(message: LoadMessage): Promise<void> {
  const { sharing } = message;
  try {
    asks = new ModelAsks({ daemon, limit: message.asksAhead, partsAhead: message.partsAhead, write });
    shared = new SharedQuestions(asks);
    const hasNext = () => line.length > 0;
    if (sharing !== undefined) frontEnds = new FrontEnds({ sharing, hasNext, onFrame: handle, onGone: forget });
    model = loadModel(message, { tell, asks });
    const { facts, handler } = await model;
    const signature = wireSignature(facts.signature);
    const loaded = { kind: 'loaded', signature, isBuiltIn: handler.isBuiltIn } as const;
    await frontEnds?.listen(loaded);
    send(loaded);
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

/** The batch that runs, and its answers. */
let running: { readonly peer: Peer; readonly parts: BatchParts } | undefined;

async function run(batch: WaitingBatch): Promise<void> {
  const { peer, frame, cancelled = [] } = batch;
  try {
    if (model === undefined) throw new Error('a batch came before the model');
    const loaded = await model;
    frontEnds?.turns.began(peer);
    const parts = new BatchParts({ id: frame.id, model: loaded, send: sendOf(peer), ask: askOf(peer, frame.id) });
    running = { peer, parts };
    for (const request of cancelled) parts.cancel(request);
    const { reply, bodies } = await runBatch(loaded, batch, parts);
    running = undefined;
    frontEnds?.turns.ended();
    // Handlers of the server's own let the event loop have its turn before they take long; what others do, nobody knows.
    const mayWait = line.length > 0 && loaded.handler.isBuiltIn;
    if (mayWait) peer.hold();
    if (peer !== daemon) usage.served(reply.results.length);
    write(peer, encodeReply({ ...reply, residentBytes: residentBytesNowAndThen() }, bodies));
    if (!mayWait) peer.release();
  } catch (error) {
    die(error);
  }
}

const usage = new Usage((served) => send({ kind: 'used', served, residentBytes: residentBytes() }));

function sendOf(peer: Peer): BatchPartsOptions['send'] {
  return (message, payload) => sendTo(peer, message, payload);
}

function askOf(peer: Peer, batch: number): BatchPartsOptions['ask'] {
  return (question, request) => shared?.ask(question, { peer, batch, request }) ?? Promise.reject(nobodyWaits());
}

/** Nobody waits for what a front end asked that is gone. */
function forget(peer: Peer): void {
  asks?.forget(peer);
  line.drop(peer);
  if (running?.peer === peer) running.parts.cancelAll();
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
    for (const frame of reader.accept(bytes)) handle(frame, daemon);
  } catch (error) {
    die(error);
  }
  return true;
}

function handle(frame: Frame, peer: Peer): void {
  if (kindOf(frame) === 'run') {
    frontEnds?.turns.came(peer);
    return void line.add({ peer, frame });
  }
  const message = decodeDaemonMessage(frame);
  switch (message.kind) {
    case 'load':
      void load(message);
      break;
    case 'takeBack':
      sendTo(peer, line.giveBack(peer, message.id));
      break;
    case 'taken':
      partsOf(peer, message.id)?.taken(message.request, message);
      break;
    case 'cancel':
      cancel(peer, message);
      break;
    case 'answerPart':
      asks?.addPart(message, frame.payload);
      break;
    case 'answered':
    case 'askFailed':
      asks?.settle(message, frame.payload);
      break;
    case 'hello':
      peer.id = message.peer;
      break;
    case 'want':
      frontEnds?.turns.want(peer);
      break;
    case 'pass':
      frontEnds?.turns.pass(peer);
      break;
    case 'stop':
      exit(0);
  }
}

function cancel(peer: Peer, message: CancelMessage): void {
  const parts = partsOf(peer, message.id);
  if (parts === undefined) line.cancel(peer, message);
  else parts.cancel(message.request);
}

function partsOf(peer: Peer, id: number): BatchParts | undefined {
  return running?.peer === peer && running.parts.id === id ? running.parts : undefined;
}

// Nobody is left to work for.
socket.on('close', () => exit(0));
socket.on('error', () => exit(0));
// Signals to the whole process group, as from a terminal or a service manager, are for the daemon: it drains, then ends us.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});
