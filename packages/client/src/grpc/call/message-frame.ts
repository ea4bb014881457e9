/** A message behind its head of five bytes, as a stream has it. */
import type { ClientHttp2Stream } from 'node:http2';

/** Of the flag and the length. */
export const HEAD_BYTES = 5;
/** A larger message is not copied behind its head. */
const MOST_COPIED = 16_384;

/** @param written called when there is room for the next one */
export function writeMessage(stream: ClientHttp2Stream, message: Uint8Array, written: () => void): void {
  if (message.byteLength <= MOST_COPIED) {
    stream.write(framed(message), written);
    return;
  }
  stream.cork();
  stream.write(headOf(message));
  stream.write(message, written);
  stream.uncork();
}

/** The only one. */
export function endWithMessage(stream: ClientHttp2Stream, message: Uint8Array): void {
  if (message.byteLength <= MOST_COPIED) stream.end(framed(message));
  else {
    stream.cork();
    stream.write(headOf(message));
    stream.end(message);
  }
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + message.byteLength);
  frame[0] = 0;
  frame.writeUInt32BE(message.byteLength, 1);
  frame.set(message, HEAD_BYTES);
  return frame;
}

function headOf({ byteLength }: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(byteLength, 1);
  return head;
}
