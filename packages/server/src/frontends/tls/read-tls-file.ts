/** Reads one of the files of TLS. */
import { readFileSync } from 'node:fs';
import { messageOf } from '../../core/errors.ts';
import { TlsError } from './tls-error.ts';

/** @param key of the configuration, for the message @throws TlsError */
export function readTlsFile(key: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new TlsError(`${key}: ${file} cannot be read (${messageOf(error)}).`, { cause: error });
  }
}
