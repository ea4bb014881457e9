/** Connections that have had an answer and wait: in a process of their own, since they need as many open files as at the server. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { answerWith } from './child.ts';

/** What the process is asked for. */
export interface OpenConnections {
  /** Of the server, at 127.0.0.1. */
  readonly port: number;
  readonly count: number;
  /** What each sends, whole. */
  readonly request: string;
}

/** What it answers. */
export interface OpenedConnections {
  /** How many are open. */
  readonly open: number;
}

/** A server has so many at a time that are new. */
const AT_ONCE = 100;
/** An address of loopback has some 28,000 ports; others may be in use, or have been a minute ago. */
const MOST_OF_AN_ADDRESS = 2500;

const open = new Set<Socket>();

answerWith(async (message) => {
  if (message !== null && typeof message === 'object' && 'port' in message) await openAll(message as OpenConnections);
  return { open: open.size } satisfies OpenedConnections;
});

async function openAll({ count, ...asked }: OpenConnections): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) => from + index);
    await Promise.all(numbers.map((number) => openOne(number, asked)));
  }
}

async function openOne(number: number, { port, request }: Omit<OpenConnections, 'count'>): Promise<void> {
  const localAddress = `127.0.0.${1 + Math.floor(number / MOST_OF_AN_ADDRESS)}`;
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  socket.once('close', () => open.delete(socket));
  await once(socket, 'connect');
  open.add(socket.on('error', () => {}));
  socket.write(request, 'latin1');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  const line = answer.toString('latin1').split('\r\n', 1)[0] ?? '';
  if (!line.startsWith('HTTP/1.1 200 ')) throw new Error(`a connection was answered with ${line}`);
}
