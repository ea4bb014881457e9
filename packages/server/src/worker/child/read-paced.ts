/**
 * Reads what a worker sends without giving it more than its share of the daemon's thread, however much it sends. What that
 * costs is said in bytes, and not measured: on a busy machine a worker would be made to wait for others.
 */
import type { Readable } from 'node:stream';

/** What a stream may cost in the long run, and how much more at once. */
const BYTES_PER_MS = 8 * 1024;
const BURST_BYTES = 2 ** 20;

/** @param onChunk says what the chunk has cost: its bytes, and something for each thing in it that takes work */
export function readPaced(stream: Readable, onChunk: (chunk: Buffer) => number): void {
  let owed = 0;
  let lastAt = performance.now();
  stream.on('data', (chunk: Buffer) => {
    const cost = onChunk(chunk);
    if (cost === 0) return;
    const now = performance.now();
    owed = Math.max(0, owed - (now - lastAt) * BYTES_PER_MS) + cost;
    lastAt = now;
    if (owed < BURST_BYTES) return;
    stream.pause();
    setTimeout(() => stream.resume(), owed / BYTES_PER_MS / 2);
  });
}
