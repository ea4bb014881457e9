/** Load on a daemon: keep-alive connections that ask one question after the other, and judge each answer. */
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';

export interface Question {
  readonly path: string;
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** What the answer is worth. */
  judge(answer: LoadAnswer): Judgement;
}

export interface LoadAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Right; the answer of another question, or a false one; refused as it may be; an error that should not be. */
export type Judgement = 'ok' | 'wrong' | 'refused' | 'failed';

export interface LoadOptions {
  /** Such as `http://127.0.0.1:8080`. */
  readonly address: string;
  readonly connections: number;
  readonly question: (index: number) => Question;
  /** Ends after so many questions; default: when it is stopped. */
  readonly count?: number;
  /** Milliseconds after which a question counts as lost; default 30 s. */
  readonly timeoutMs?: number;
  /** Milliseconds from the first half of a question's body to the second; default: both at once. */
  readonly uploadMs?: number;
  /** Whether a connection ends for good when it is refused, instead of asking again; default false. */
  readonly endsWhenRefused?: boolean;
}

/** A question that did not go well. */
export interface Incident {
  /** Number of the question. */
  readonly index: number;
  /** Milliseconds from the load's start to the question, and to its end. */
  readonly askedAt: number;
  readonly endedAt: number;
  /** Undefined when there was no answer. */
  readonly status?: number;
  /** The answer's beginning, or why there was none. */
  readonly message: string;
  /** Of an unanswered question: whether its connection was refused, or ended before any byte of an answer came. */
  readonly isUntouched?: boolean;
}

export interface LoadResult {
  readonly requests: number;
  readonly ok: number;
  readonly refused: number;
  readonly wrong: readonly Incident[];
  readonly failed: readonly Incident[];
  /** Without an answer, or with a part of one. */
  readonly lost: readonly Incident[];
  /** Of the longest question that was answered, in milliseconds. */
  readonly slowestMs: number;
}

export interface Load {
  /** Questions asked so far. */
  readonly asked: number;
  /** Those that were answered right so far. */
  readonly ok: number;
  /** Resolves when the last answer is there. */
  readonly finished: Promise<LoadResult>;
  /** Asks nothing more. */
  stop(): Promise<LoadResult>;
}

interface Tally {
  requests: number;
  ok: number;
  refused: number;
  wrong: Incident[];
  failed: Incident[];
  lost: Incident[];
  slowestMs: number;
}

type Reply =
  | { readonly kind: 'answered'; readonly answer: LoadAnswer }
  | { readonly kind: 'lost'; readonly message: string; readonly isUntouched: boolean };

const TIMEOUT_MS = 30_000;

/** Starts asking. */
export function startLoad(options: LoadOptions): Load {
  const { connections, count = Infinity } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const startedAt = performance.now();
  const tally: Tally = { requests: 0, ok: 0, refused: 0, wrong: [], failed: [], lost: [], slowestMs: 0 };
  const stopping = new AbortController();
  const connection = async () => {
    while (!stopping.signal.aborted && tally.requests < count) {
      const index = tally.requests;
      tally.requests += 1;
      const question = options.question(index);
      const askedAt = performance.now() - startedAt;
      const reply = await ask(question, agent, options);
      record(tally, question, { reply, index, askedAt, endedAt: performance.now() - startedAt });
      if (options.endsWhenRefused && isRefused(reply)) return;
    }
  };
  const finished = Promise.all(Array.from({ length: connections }, connection)).then(() => {
    agent.destroy();
    return tally;
  });
  return {
    get asked() {
      return tally.requests;
    },
    get ok() {
      return tally.ok;
    },
    finished,
    stop() {
      stopping.abort();
      return finished;
    },
  };
}

/** Nobody listens there. */
function isRefused(reply: Reply): boolean {
  return reply.kind === 'lost' && reply.message.startsWith('ECONNREFUSED');
}

interface Ending {
  readonly reply: Reply;
  readonly index: number;
  readonly askedAt: number;
  readonly endedAt: number;
}

function record(tally: Tally, question: Question, { reply, ...times }: Ending): void {
  if (reply.kind === 'lost') {
    tally.lost.push({ ...times, message: reply.message, isUntouched: reply.isUntouched });
    return;
  }
  const { answer } = reply;
  tally.slowestMs = Math.max(tally.slowestMs, times.endedAt - times.askedAt);
  const judgement = question.judge(answer);
  if (judgement === 'ok' || judgement === 'refused') tally[judgement] += 1;
  else tally[judgement].push({ ...times, status: answer.status, message: answer.body.toString('utf8', 0, 300) });
}

function ask({ path, method = 'POST', headers, body }: Question, agent: Agent, options: LoadOptions): Promise<Reply> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(options.address);
    const outgoing = request({ agent, hostname, port, method, path });
    for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
    outgoing.setHeader('content-length', body.byteLength);
    let readBefore = 0;
    const lose = (message: string, isCut = true) => {
      clearTimeout(timer);
      const isUntouched = isCut && (outgoing.socket?.bytesRead ?? 0) === readBefore;
      resolve({ kind: 'lost', message, isUntouched });
    };
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    const timer = setTimeout(() => {
      lose(`no answer in ${timeoutMs} ms`, false);
      outgoing.destroy();
    }, timeoutMs);
    outgoing.once('socket', (socket) => {
      readBefore = socket.bytesRead;
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => lose(`${error.code ?? error.name}: ${error.message}`));
    outgoing.once('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', (error) => lose(`the answer broke off: ${error.message}`));
      incoming.on('end', () => {
        clearTimeout(timer);
        const { statusCode: status = 0, headers } = incoming;
        resolve({ kind: 'answered', answer: { status, headers, body: Buffer.concat(chunks) } });
      });
    });
    sendBody(outgoing, body, options.uploadMs);
  });
}

function sendBody(outgoing: ClientRequest, body: Uint8Array, uploadMs: number | undefined): void {
  if (uploadMs === undefined) return void outgoing.end(body);
  const half = Math.floor(body.byteLength / 2);
  outgoing.write(body.subarray(0, half));
  setTimeout(() => outgoing.end(body.subarray(half)), uploadMs);
}
