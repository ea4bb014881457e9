/** Makes gzipped tars with entries of any type and name. */
import { gzipSync } from 'node:zlib';
import { Header, type HeaderData } from 'tar';

/** One entry. */
export interface CraftedTarEntry extends HeaderData {
  readonly path: string;
  readonly data?: Buffer | string;
}

/** The bytes of a tar with these entries in this order. */
export function craftTar(entries: readonly CraftedTarEntry[]): Buffer {
  const blocks = entries.flatMap(({ data = '', ...fields }) => {
    const content = Buffer.from(data);
    const header = new Header({ type: 'File', mode: 0o644, mtime: new Date(0), size: content.length, ...fields });
    header.encode();
    return [header.block as Buffer, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

export function craftTgz(entries: readonly CraftedTarEntry[]): Buffer {
  return gzipSync(craftTar(entries));
}
