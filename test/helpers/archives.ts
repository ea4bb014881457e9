/** Archives for tests: small handlers written inline, packaged with the real archiver. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageModel, type PackageOptions } from '@marserve/archiver';
import { ROOT } from './pages.ts';

export interface HandlerArchive {
  readonly name: string;
  readonly version?: string;
  /** Source of `handler.ts`; a built-in handler is named with `handler` instead. */
  readonly source?: string;
  readonly handler?: string;
  /** Content of `model.onnx`. */
  readonly model?: Uint8Array;
  /** Content of `model-config.yaml`. */
  readonly config?: string;
  /** Golden requests, as the file has them. */
  readonly golden?: unknown;
  /** Further files by name. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly options?: Partial<PackageOptions>;
}

/** Packages a handler into `store`, under its name. */
export async function addArchive(store: string, archive: HandlerArchive): Promise<void> {
  const { name, version = '1.0', source, model, config, golden, files = {}, options } = archive;
  const folder = await mkdtemp(path.join(tmpdir(), 'marserve-archive-'));
  const put = async (file: string, content: string | Uint8Array) => {
    await writeFile(path.join(folder, file), content);
    return path.join(folder, file);
  };
  try {
    const extraFiles = await Promise.all(Object.entries(files).map(([file, content]) => put(file, content)));
    await packageModel({
      modelName: name,
      version,
      handler: source === undefined ? (archive.handler ?? 'base_handler') : await put('handler.ts', source),
      ...(model && { serializedFile: await put('model.onnx', model) }),
      ...(config !== undefined && { configFile: await put('model-config.yaml', config) }),
      ...(golden !== undefined && { golden: await put('golden.json', JSON.stringify(golden)) }),
      extraFiles,
      exportPath: store,
      validate: false,
      force: true,
      ...options,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Packages `examples/digit-search` into `store` as `embedding.mar`, as its README says. */
export async function addDigitSearch(store: string): Promise<void> {
  const file = (name: string) => path.join(ROOT, 'examples/digit-search', name);
  await packageModel({
    modelName: 'embedding',
    version: '1.0',
    serializedFile: file('model.onnx'),
    extraFiles: ['MyHandler.ts', 'faiss_index.bin', 'faiss_label.json'].map(file),
    handler: file('handler.ts'),
    exportPath: store,
  });
}
