/** Tells HTTP/2 from HTTP/1.1 on a new connection: by what was agreed on under TLS, else by its first bytes. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { startTimer } from '../../core/timer.ts';

/** What every connection of HTTP/2 begins with (RFC 9113, 3.4), as far as it is no request of HTTP/1.1. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/**
 * Calls `told` as soon as it is known, once; nothing that was read is lost. A client that has not said enough when the time
 * is over, or closes its side before, is closed.
 */
export function tellProtocol(socket: Socket, timeoutMs: number, told: (isHttp2: boolean) => void): void {
  if (socket instanceof TLSSocket) told(socket.alpnProtocol === 'h2');
  else readBeginning(socket, timeoutMs, (bytes) => told(bytes.equals(PREFACE.subarray(0, bytes.length))));
}

/** The first bytes, as many as tell something; they are put back. */
function readBeginning(socket: Socket, timeoutMs: number, done: (bytes: Buffer) => void): void {
  let read: Buffer = Buffer.alloc(0);
  const close = () => socket.destroy();
  const onReadable = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
    const bytes = read.subarray(0, PREFACE.length);
    if (bytes.length < PREFACE.length && bytes.equals(PREFACE.subarray(0, bytes.length))) return;
    stop();
    socket.unshift(read);
    done(bytes);
  };
  const stop = () => {
    clearTimeout(timer);
    socket.off('readable', onReadable).off('end', close).off('error', close).off('close', stop);
  };
  const timer = startTimer(close, timeoutMs);
  socket.on('readable', onReadable).on('end', close).on('error', close).on('close', stop);
}
