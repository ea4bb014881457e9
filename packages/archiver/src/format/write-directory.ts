/** The `no-archive` format: the files as a directory. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { WriteRequest } from './write-archive.ts';
import { fileContent } from './file-content.ts';

/** Makes the directory `request.target` and copies every file into it. */
export async function writeDirectory(request: WriteRequest): Promise<void> {
  await mkdir(request.target, { mode: 0o755 });
  for (const file of request.files) {
    const target = join(request.target, file.path);
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    const output = createWriteStream(target, { flags: 'wx', mode: 0o644 });
    await pipeline(Readable.from(fileContent(file, request)), output, { signal: request.signal });
  }
}
