/** What reads the texts of archives for the parts of the server: in the thread where they are long. */
import type { MetaParsers } from '@marserve/archiver/format';
import type { WorkflowParsers } from '@marserve/archiver/workflow';
import type { ModelConfig } from '../config/model-config.ts';
import type { ModelNeed } from '../core/registry/model-needs.ts';
import { messageOf } from '../core/errors.ts';
import type { GoldenComparison } from '../core/golden/golden-check.ts';
import type { RunTask } from './task-thread.ts';

/** What the model store is given. */
export interface ArchiveReaders {
  /** Of the archive's own JSON files. */
  readonly parsers: MetaParsers;
  /** Of the archives of workflows. */
  readonly workflowParsers: WorkflowParsers;
  /** @throws Error that says what is wrong */
  readonly parseModelConfig: (text: string, fileName: string, given: GivenConfig) => Promise<ReadConfig>;
  /** See `findExternalData`. @param bytes of the file */
  readonly findExternalData: (modelPath: string, bytes: number) => Promise<string[]>;
}

/** What is known of a model beside its YAML file. */
interface GivenConfig {
  /** Reads the file: it says what some of the keys mean. */
  readonly handler: string;
  /** Keys that a registration says in place of the file's. */
  readonly over?: Readonly<Record<string, unknown>> | undefined;
}

interface ReadConfig extends ModelConfig {
  readonly needs: readonly ModelNeed[];
}

/** Handlers that ask models of the server. */
const ASKERS = ['graph', 'seldon_graph', 'workflow'];

/** Most models do not. */
function mayAsk(handler: string, json: string): boolean {
  return ASKERS.includes(handler) || json.includes('"predictor_host"');
}

/** Readers that throw as those of the calling thread do, and ArchiveError `too_large`. */
export function createArchiveReaders(run: RunTask): ArchiveReaders {
  return {
    parsers: {
      manifest: (...args) => run({ name: 'manifest', args }, args[0].length),
      golden: async (...args) => (await run({ name: 'golden', args }, args[0].length)).map(withBuffers),
    },
    workflowParsers: {
      manifest: (...args) => run({ name: 'workflowManifest', args }, args[0].length),
      spec: (...args) => run({ name: 'workflowSpec', args }, args[0].length),
    },
    async parseModelConfig(text, fileName, { handler, over }) {
      const config = await run({ name: 'modelConfig', args: [text, fileName, over] }, text.length);
      const { json } = config;
      const needs = mayAsk(handler, json) ? await run({ name: 'modelNeeds', args: [handler, json] }, json.length) : [];
      return { ...config, needs };
    },
    findExternalData: (modelPath, bytes) => run({ name: 'externalData', args: [modelPath] }, bytes),
  };
}

type Golden = Awaited<ReturnType<MetaParsers['golden']>>[number];

/** A Buffer comes out of a thread as the array that it is. */
function withBuffers(request: Golden): Golden {
  const { inputs, expected } = request;
  return {
    ...request,
    inputs: inputs.map((input) => ({ ...input, content: buffer(input.content) })),
    ...(expected && { expected: 'body' in expected ? { ...expected, body: buffer(expected.body) } : expected }),
  };
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** An answer that cannot be compared is no right one. */
export function createGoldenComparison(run: RunTask): GoldenComparison {
  return async (expected, given) => {
    const bytes = given.body.length + (expected.kind === 'status' ? 0 : expected.body.length);
    try {
      // Of a part of a larger buffer, a thread would be given the whole.
      const args = [expected, { ...given, body: new Uint8Array(given.body) }] as const;
      return await run({ name: 'goldenMismatch', args: [...args] }, bytes);
    } catch (error) {
      return messageOf(error);
    }
  };
}
