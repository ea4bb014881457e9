/** The file that the server's keys are read from by those who may: its user alone. */
import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { messageOf, ServeError } from '../core/errors.ts';
import { readOwnFile } from '../own-file.ts';
import { KeyFileError } from './key-file-error.ts';

/** The key file of one server, with mode 600. */
export interface KeyFile {
  /** Writes the first keys. @throws KeyFileError */
  create(keys: object): void;
  /** Writes others in their place. @throws ServeError `storage_failed` */
  update(keys: object): void;
  /** Deletes it, unless it is another server's meanwhile. */
  remove(): void;
}

/** @param file its path; that of a server that was killed is replaced */
export function createKeyFile(file: string): KeyFile {
  let written = '';
  const write = (keys: object) => {
    const text = `${JSON.stringify(keys, null, 2)}\n`;
    replace(file, text);
    written = text;
  };
  return {
    create(keys) {
      try {
        assertReplaceable(file);
        write(keys);
      } catch (error) {
        if (error instanceof KeyFileError) throw error;
        throw problem(file, `cannot be written (${messageOf(error)})`, error);
      }
    },
    update(keys) {
      try {
        write(keys);
      } catch (error) {
        throw new ServeError('storage_failed', 'The key file could not be written; the former key counts on.', {
          cause: error,
        });
      }
    },
    remove() {
      if (written !== '' && readAgain(file) === written) rmSync(file, { force: true });
    },
  };
}

function assertReplaceable(file: string): void {
  const content = readOwnFile(file, (what) => problem(file, what));
  if (content !== undefined && !isKeyFile(content)) throw problem(file, 'holds something else');
}

function isKeyFile(content: string): boolean {
  try {
    const keys = JSON.parse(content) as Partial<Record<string, { key?: unknown }>> | null;
    return ['management', 'inference', 'API'].every((name) => typeof keys?.[name]?.key === 'string');
  } catch {
    return false;
  }
}

/** What others may have put there since is nothing of this server's. */
function readAgain(file: string): string | undefined {
  try {
    return readOwnFile(file, (what) => problem(file, what));
  } catch {
    return undefined;
  }
}

/** A new file, of this user alone from the beginning, under a name that nobody can know; links are replaced, not followed. */
function replace(file: string, text: string): void {
  const temporary = `${file}.${randomUUID()}`;
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode: 0o600 });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function problem(file: string, what: string, cause?: unknown): KeyFileError {
  const advice = 'Choose another with token_key_file, or do without tokens (disable_token_authorization=true).';
  return new KeyFileError(`The key file ${file} ${what}. ${advice}`, { cause });
}
