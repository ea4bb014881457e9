import { existsSync, readlinkSync, readSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SharedMemory } from './shared-memory.ts';

const payload = (size: number, fill: number) => [Buffer.alloc(size / 2, fill), Buffer.alloc(size / 2, fill + 1)];

describe.skipIf(!existsSync('/dev/shm'))('SharedMemory (Linux only)', () => {
  it('has large payloads where it says, without a name in the file system', () => {
    const memory = open();
    const [first, second] = [memory.write(payload(100_000, 1)), memory.write(payload(200_000, 3))];
    const read = Buffer.alloc(second?.size ?? 0);
    readSync(memory.fd, read, 0, read.length, second?.offset ?? 0);
    expect([first?.size, second?.size]).toEqual([100_000, 200_000]);
    expect(read.equals(Buffer.concat(payload(200_000, 3)))).toBe(true);
    expect(readlinkSync(`/proc/self/fd/${memory.fd}`)).toMatch(/ \(deleted\)$/);
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
