/** A folder with the files of a model's author. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { extractArchive } from '../format/extract-archive.ts';
import type { PackageOptions, Progress } from '../package-options.ts';
import { filesOf, temporaryFolder } from './temporary-folder.ts';

/** A project and the options to package it. */
export interface Project {
  readonly folder: string;
  /** Where archives go. */
  readonly store: string;
  /** The absolute path of one of its files. */
  readonly at: (path: string) => string;
  /** Options for a model `m` 1.0 with the handler `handler.ts`; relative paths in them must be made absolute with `at`. */
  readonly options: (changes?: Partial<PackageOptions>) => PackageOptions;
}

/** A handler that imports nothing. */
export const HANDLER = 'export function handle(data: unknown[] | null): unknown[] | null { return data; }\n';

/** Makes a project that is removed when the test has finished. */
export async function createProject(files: Readonly<Record<string, string | Buffer>> = {}): Promise<Project> {
  const folder = await temporaryFolder();
  const at = (path: string): string => join(folder, path);
  for (const [path, content] of Object.entries({ 'handler.ts': HANDLER, ...files })) {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), content);
  }
  await mkdir(at('store'));
  return {
    folder,
    store: at('store'),
    at,
    options: (changes) => ({
      modelName: 'm',
      version: '1.0',
      handler: at('handler.ts'),
      exportPath: at('store'),
      ...changes,
    }),
  };
}

/** Options that abort the packaging when it comes to a phase. */
export function abortedWhile(phase: Progress['phase']): Pick<PackageOptions, 'signal' | 'onProgress'> {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onProgress: (progress): void => {
      if (progress.phase === phase) controller.abort(new Error('stopped'));
    },
  };
}

/** The files of an archive, by path. */
export async function unpacked(archive: string): Promise<Record<string, string>> {
  const destination = await temporaryFolder();
  await extractArchive(archive, destination);
  return filesOf(destination);
}

/** Without the check processes: for tests that are not about them. */
export const QUICK = { validate: false } as const;
