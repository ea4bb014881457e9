import { existsSync, readlinkSync, readSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SharedMemory } from './shared-memory.ts';

const payload = (size: number, fill: number) => [Buffer.alloc(size / 2, fill), Buffer.alloc(size / 2, fill + 1)];

describe.skipIf(!existsSync('/dev/shm'))('SharedMemory (Linux only)', () => {
  it('has large payloads where it says, without a name in the file system', () => {
    const memory = open();
    for (const size of [200_000, 100_000]) {
      const place = memory.write(payload(size, 3));
      const read = Buffer.alloc(place?.size ?? 0);
      readSync(memory.fd, read, 0, read.length, place?.offset ?? 0);
      expect(read.equals(Buffer.concat(payload(size, 3)))).toBe(true);
      memory.release();
    }
    expect(readlinkSync(`/proc/self/fd/${memory.fd}`)).toMatch(/ \(deleted\)$/);
    memory.close();
  });

  it('has one payload at a time', () => {
    const memory = open();
    expect(memory.write(payload(100_000, 1))).toEqual({ offset: 0, size: 100_000 });
    expect(memory.write(payload(100_000, 1))).toBeUndefined();
    memory.release();
    expect(memory.write(payload(100_000, 1))).toBeDefined();
    memory.close();
  });

  it('leaves small payloads, and those for which there is no room, to the socket', () => {
    const memory = open();
    expect(memory.write(payload(1000, 1))).toBeUndefined();
    expect(memory.write(payload(32 * 2 ** 20, 1))).toBeUndefined();
    memory.close();
    expect(memory.write(payload(100_000, 1))).toBeUndefined();
  });
});

function open(): SharedMemory {
  const memory = SharedMemory.open();
  if (memory === undefined) throw new Error('this system gives no shared memory');
  return memory;
}
