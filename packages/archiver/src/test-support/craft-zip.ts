/** Makes zips that no decent program would make: every field of an entry can lie. */
import { crc32, deflateRawSync } from 'node:zlib';

/** One entry; what is not given is true. */
export interface CraftedEntry {
  readonly name: string;
  readonly data?: Buffer | string;
  /** Default: stored. */
  readonly deflated?: boolean;
  /** Unix mode with file type, e.g. 0o120777 for a symbolic link. */
  readonly mode?: number;
  /** The uncompressed size that the headers claim. */
  readonly claimedSize?: number;
  readonly claimedCrc?: number;
  readonly encrypted?: boolean;
}

/** The bytes of a zip with these entries in this order. */
export function craftZip(entries: readonly CraftedEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, central } = craftEntry(entry, offset);
    locals.push(local);
    centrals.push(central);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

function craftEntry(entry: CraftedEntry, offset: number): { local: Buffer; central: Buffer } {
  const data = Buffer.from(entry.data ?? '');
  const stored = entry.deflated === true ? deflateRawSync(data) : data;
  const name = Buffer.from(entry.name);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(entry.encrypted === true ? 0x801 : 0x800, 2);
  common.writeUInt16LE(entry.deflated === true ? 8 : 0, 4);
  common.writeUInt32LE(0x00210000, 6);
  common.writeUInt32LE(entry.claimedCrc ?? crc32(data), 10);
  common.writeUInt32LE(stored.length, 14);
  common.writeUInt32LE(entry.claimedSize ?? data.length, 18);
  common.writeUInt16LE(name.length, 22);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(0x0314, 4);
  common.copy(central, 6);
  central.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 38);
  central.writeUInt32LE(offset, 42);
  const signature = Buffer.from([0x50, 0x4b, 3, 4]);
  return { local: Buffer.concat([signature, common, name, stored]), central: Buffer.concat([central, name]) };
}
