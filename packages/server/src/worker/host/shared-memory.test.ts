import { existsSync, readlinkSync, readSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SharedPlace } from '../../wire/run-message.ts';
import { SharedMemory } from './shared-memory.ts';

const payload = (size: number, fill: number) => [Buffer.alloc(size / 2, fill), Buffer.alloc(size / 2, fill + 1)];

describe.skipIf(!existsSync('/dev/shm'))('SharedMemory (Linux only)', () => {
  it('has large payloads where it says, without a name in the file system', () => {
    const memory = open();
    const written = [200_000, 100_000].map((size, index) => ({
      place: memory.write(payload(size, 3 * index)) as SharedPlace,
      bytes: Buffer.concat(payload(size, 3 * index)),
    }));
    for (const { place, bytes } of written) {
      const read = Buffer.alloc(place.size);
      readSync(memory.fd, read, 0, read.length, place.offset);
      expect(read.equals(bytes)).toBe(true);
      memory.release(place);
    }
    expect(readlinkSync(`/proc/self/fd/${memory.fd}`)).toMatch(/ \(deleted\)$/);
    memory.close();
  });

  it('says whether there is room', () => {
    const memory = open();
    expect([1000, 100_000, 16 * 2 ** 20].map((bytes) => memory.hasRoom(bytes))).toEqual([false, true, true]);
    const place = memory.write(payload(100_000, 1)) as SharedPlace;
    expect([100_000, 16 * 2 ** 20].map((bytes) => memory.hasRoom(bytes))).toEqual([true, false]);
    memory.release(place);
    expect(memory.hasRoom(16 * 2 ** 20)).toBe(true);
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
