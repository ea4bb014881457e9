/** Files with the keys and values of those that TorchServe's repository has: each can be used as it is. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigError } from '../../packages/server/src/config/config-error.ts';
import { loadConfig, type LoadedConfig } from '../../packages/server/src/config/load.ts';
import { addArchive } from '../helpers/archives.ts';
import { ECHO } from '../fixtures/handlers.ts';
import { predict, start } from '../helpers/restart.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/torchserve-configs', import.meta.url));
const FILES = readdirSync(FOLDER);
const read = (file: string) => readFileSync(path.join(FOLDER, file), 'utf8');

const SAGEMAKER = {
  SAGEMAKER_MODEL_STORE: '/',
  SAGEMAKER_BIND_TO_PORT: '8080',
  SAGEMAKER_RESPONSE_TIMEOUT: '60',
  SAGEMAKER_NUM_MODEL_WORKERS: '1',
  SAGEMAKER_HANDLER: 'handler.py:handle',
  SAGEMAKER_MAX_RESPONSE_SIZE: '6553500',
  SAGEMAKER_MAX_REQUEST_SIZE: '6553500',
};

/** Its folders are those of other machines. */
async function load(file: string, flags: Readonly<Record<string, string>> = {}): Promise<LoadedConfig> {
  const cwd = await mkdtemp(path.join(tmpdir(), 'marserve-config-'));
  onTestFinished(() => rm(cwd, { recursive: true }));
  const configFile = path.join(FOLDER, file);
  return loadConfig({ cwd, configFile, env: SAGEMAKER, flags: { model_store: cwd, ...flags } });
}

async function problemsOf(file: string, flags?: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return load(file, flags).then(
    () => [],
    (error: unknown) => {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    },
  );
}

describe("a configuration file of TorchServe's", () => {
  it.each(FILES)('can be used: %s', async (file) => {
    const problems = await problemsOf(file);
    // TorchServe makes a certificate of its own, which no client can trust.
    const isWithout = /=https:/.test(read(file)) && !/^(certificate_file|keystore)=/m.test(read(file));
    expect(problems).toEqual(isWithout ? [expect.stringContaining('needs a certificate')] : []);
  });

  it.each([
    ['kubernetes--EKS', 'NUM_WORKERS does nothing: the key is default_workers_per_model.'],
    ['kubernetes--AKS', 'metrics_format does nothing'],
    ['examples--ov_chat_app--llm', 'min_workers does nothing: it is a key of model YAML'],
    ['examples--Image_classification_docker', 'The is no known key, and does nothing.'],
    ['docker--advanced', 'decode_input_request does nothing: .* CHANGES WHAT CLIENTS ARE ANSWERED'],
    ['sagemaker', 'default_service_handler does nothing: .* CHANGES WHAT CLIENTS ARE ANSWERED'],
  ])('is warned about: %s, %s', async (name, warning) => {
    const { warnings } = await load(`${name}.properties`, { disable_token_authorization: 'true' });
    expect(warnings.join('\n')).toMatch(new RegExp(warning));
  });

  it.each(['kubernetes--kserve', 'examples--Image_classification_docker', 'empty-values'])(
    'starts a server: %s',
    async (name) => {
      const ports = ['inference', 'management', 'metrics'].flatMap((each) => [
        `--${each}-address`,
        'http://127.0.0.1:0',
      ]);
      const daemon = await start({
        fill: async (store) => {
          await addArchive(store, { name: 'mnist', source: ECHO });
        },
        args: [...ports, '--disable-token-auth'],
        appended: read(`${name}.properties`)
          .split('\n')
          .filter((line) => !/^(model_store|(inference|management|metrics)_address|grpc_\w+_port)=/.test(line))
          .join('\n'),
      });
      if (name === 'kubernetes--kserve') {
        await expect.poll(() => predict(daemon, 'mnist')).toBe('x');
      }
      expect(daemon.output()).toContain('Model server started.');
    },
  );
});
