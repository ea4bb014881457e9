import { describe, expect, it } from 'vitest';
import { load, problemsOf, sourcesOf } from '../test-support/configurations.ts';
import { temporaryFolder } from '../test-support/temporary-folder.ts';
import { ConfigError } from './config-error.ts';
import { loadConfig, loadControlConfig } from './load.ts';

describe('a configuration', () => {
  it('has the documented defaults', async () => {
    const { config, warnings } = await load();
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      inferenceAddress: { host: '127.0.0.1', port: 8080 },
      managementAddress: { host: '127.0.0.1', port: 8081 },
      metricsAddress: { host: '127.0.0.1', port: 8082 },
      jobQueueSize: 100,
      maxBatchDelay: 0,
      allowedUrls: [],
      blacklistEnvVars: undefined,
      loadModels: undefined,
      enableModelApi: true,
      logFormat: 'auto',
    });
  });

  it('is frozen through and through', async () => {
    const { config } = await load({ file: 'models={"a":{"1.0":{"batchSize":2}}}' });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.inferenceAddress)).toBe(true);
    expect(Object.isFrozen(config.models?.a?.['1.0'])).toBe(true);
  });

  it('lets the command line win over the file', async () => {
    const { config } = await load({ file: 'batch_size=2\njob_queue_size=7', flags: { batch_size: '4' } });
    expect(config).toMatchObject({ batchSize: 4, jobQueueSize: 7 });
  });

  it('takes paths from the working directory', async () => {
    const sources = await sourcesOf({ flags: { work_dir: 'work' } });
    expect(loadConfig(sources).config).toMatchObject({ modelStore: sources.cwd, workDir: `${sources.cwd}/work` });
  });
});

describe('the file', () => {
  it('is the one of TS_CONFIG_FILE before that of --ts-config before config.properties', async () => {
    const given = {
      file: 'batch_size=1',
      files: { 'flag.properties': 'batch_size=2\nmodel_store=.', 'env.properties': 'batch_size=3\nmodel_store=.' },
    };
    const env = { TS_CONFIG_FILE: 'env.properties' };
    expect((await load(given)).config.batchSize).toBe(1);
    expect((await load({ ...given, configFile: 'flag.properties' })).config.batchSize).toBe(2);
    expect((await load({ ...given, configFile: 'flag.properties', env })).config.batchSize).toBe(3);
  });

  it('may be missing when nobody named it', async () => {
    const cwd = await temporaryFolder();
    expect(loadConfig({ cwd, env: {}, flags: { model_store: cwd } }).config.batchSize).toBe('auto');
  });

  it('must be there when somebody named it', async () => {
    expect(await problemsOf({ configFile: 'nope', flags: { model_store: '.' } })).toEqual([
      '--ts-config: expected a properties file, came "nope": there is no such file.',
    ]);
    expect(await problemsOf({ configFile: '.', flags: { model_store: '.' } })).toEqual([
      expect.stringMatching(/^--ts-config: expected a properties file, came "\.": EISDIR/),
    ]);
  });

  it('is read as Java reads it: separators, escapes, continuation lines, comments, a byte order mark', async () => {
    const file = [
      '\uFEFF# a comment',
      '! another',
      'batch_size : 3',
      'load_models a.mar,\\',
      '    b.mar',
      'allowed_urls=https://models\\\\.example\\\\.com/.*\r',
      'cors_allowed_origin=caf\\u00e9  ',
    ].join('\n');
    expect((await load({ file })).config).toMatchObject({
      batchSize: 3,
      loadModels: 'a.mar,b.mar',
      allowedUrls: [/https:\/\/models\.example\.com\/.*/],
      corsAllowedOrigin: 'café',
    });
  });

  it('may name environment variables', async () => {
    const env = { STORE: '.', PORT: '9000' };
    const { config } = await load({ file: 'inference_address=http://127.0.0.1:$$PORT$$', env });
    expect(config.inferenceAddress).toEqual({ host: '127.0.0.1', port: 9000 });
    expect(await problemsOf({ file: '\n\ncors_allowed_origin=$$NOBODY$$' })).toEqual([
      'config.properties:3: cors_allowed_origin: expected the environment variable NOBODY, which is not set',
    ]);
  });

  it('warns of a key that is there twice', async () => {
    const { config, warnings } = await load({ file: 'batch_size=1\nbatch_size=2' });
    expect(config.batchSize).toBe(2);
    expect(warnings).toEqual(['config.properties:2: batch_size was there before; the last one counts.']);
  });

  it("warns of TorchServe's keys that do nothing, and says why", async () => {
    const { warnings } = await load({ file: 'number_of_netty_threads=32\nvmargs=-Xmx1g\nmetrics_mode=log' });
    expect(warnings).toEqual([
      'config.properties:1: number_of_netty_threads does nothing: it tunes the Java server.',
      'config.properties:2: vmargs does nothing: it tunes the Java server.',
      'config.properties:3: metrics_mode: "log" does nothing: metrics are always there for Prometheus.',
    ]);
  });
});

describe('the environment', () => {
  const env = { TS_BATCH_SIZE: '8', TS_JOB_QUEUE_SIZE: '9' };

  it('does not count unless it is let, and says how', async () => {
    const { config, warnings } = await load({ env });
    expect(config.batchSize).toBe('auto');
    expect(warnings).toEqual([
      expect.stringMatching(
        /^TS_JOB_QUEUE_SIZE, TS_BATCH_SIZE: set but not used; set enable_envvars_config=true|^TS_BATCH_SIZE, TS_JOB_QUEUE_SIZE: set but not used; set enable_envvars_config=true/,
      ),
    ]);
  });

  it.each([
    ['file', { file: 'enable_envvars_config=true', env }],
    ['environment', { env: { ...env, TS_ENABLE_ENVVARS_CONFIG: 'true' } }],
  ])('wins over file and flags when the %s lets it', async (_, given) => {
    const { config, warnings } = await load({ ...given, flags: { batch_size: '4' } });
    expect(config).toMatchObject({ batchSize: 8, jobQueueSize: 9 });
    expect(warnings).toEqual([]);
  });

  it('sets allowed_urls only when the file lets it', async () => {
    const urls = { TS_ALLOWED_URLS: 'https://.*', TS_USE_ENV_ALLOWED_URLS: 'true' };
    const refused = await load({ file: 'enable_envvars_config=true', env: urls });
    expect(refused.config.allowedUrls).toEqual([]);
    expect(refused.warnings).toEqual([
      expect.stringContaining('TS_ALLOWED_URLS is not used'),
      expect.stringContaining('TS_USE_ENV_ALLOWED_URLS is not used'),
    ]);
    const file = 'enable_envvars_config=true\nuse_env_allowed_urls=true';
    const { config } = await load({ file, env: { TS_ALLOWED_URLS: 'https://.*' } });
    expect(config.allowedUrls).toEqual([/https:\/\/.*/]);
  });
});

describe('a log config', () => {
  it('wins over the file and loses to the command line', async () => {
    const { config } = await load({
      file: 'log_level=error\nlog_format=pretty',
      files: { 'log.yaml': 'level: debug\nformat: json\nfile: x.log\naccessLog: false' },
      flags: { log_config: 'log.yaml', log_format: 'auto' },
    });
    expect(config).toMatchObject({ logLevel: 'debug', logFormat: 'auto', accessLog: 'off' });
    expect(config.logFile).toMatch(/\/x\.log$/);
  });

  it('may be JSON, and named in the file', async () => {
    const { config } = await load({ file: 'log_config=log.json', files: { 'log.json': '{"accessLog":"debug"}' } });
    expect(config.accessLog).toBe('debug');
  });

  it.each([
    ['lvel: info', 'log.yaml: lvel is no known key. Did you mean level?'],
    ['level: loud', 'log.yaml: level: expected debug, info, warn or error, came "loud"'],
    ['level: [info]', 'log.yaml: level: expected debug, info, warn or error, came "["info"]"'],
    ['- level', '--log-config: expected a file with keys and values, log.yaml holds ["level"]'],
    ['constructor: x', 'log.yaml: constructor is no known key.'],
  ])('is refused when it says "%s"', async (content, problem) => {
    expect(await problemsOf({ files: { 'log.yaml': content }, flags: { log_config: 'log.yaml' } })).toEqual([problem]);
  });

  it('must be there, and readable', async () => {
    expect(await problemsOf({ flags: { log_config: 'nope' } })).toEqual([
      '--log-config: expected a YAML or JSON file, came "nope": there is no such file',
    ]);
    const files = { 'log.yaml': 'a: [' };
    expect(await problemsOf({ files, flags: { log_config: 'log.yaml' } })).toEqual([
      expect.stringContaining('--log-config: expected a YAML or JSON file, came "log.yaml": '),
    ]);
  });
});

describe('a wrong configuration', () => {
  it('is refused with everything that is wrong, and where', async () => {
    const file = 'job_queue_sise=3\nbatch_size=0\nfoo=1\n__proto__=1';
    const given = { file, flags: { log_level: 'loud' }, env: { TS_ENABLE_ENVVARS_CONFIG: 'true', TS_BATCH_SIZE: 'x' } };
    expect(await problemsOf(given)).toEqual([
      'config.properties:1: job_queue_sise is no known key. Did you mean job_queue_size?',
      'TS_BATCH_SIZE: expected auto or an integer from 1, came "x"',
      '--log-level: expected debug, info, warn or error, came "loud"',
    ]);
  });

  it('is shown as a list', () => {
    expect(new ConfigError(['a', 'b']).message).toBe('2 problems with the configuration:\n  - a\n  - b');
    expect(new ConfigError(['a']).message).toBe('a');
  });

  it('is one without a model store, or with one that is not there', async () => {
    const cwd = await temporaryFolder({ file: '' });
    const problems = (flags: Record<string, string>) => {
      try {
        loadConfig({ cwd, env: {}, flags });
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(problems({})).toContain('Missing mandatory parameter --model-store');
    expect(problems({ model_store: 'nope' })).toContain(`--model-store directory not found: ${cwd}/nope. Create it`);
    expect(problems({ model_store: 'file' })).toContain(`--model-store directory not found: ${cwd}/file`);
  });
});

describe('models', () => {
  it('are parameters by name and version', async () => {
    const { config } = await load({
      file: 'models={\\\n  "noop":{"1.0":{"defaultVersion":true,"marName":"noop.mar","minWorkers":1,"maxBatchDelay":100}}\\\n}',
    });
    expect(config.models).toEqual({
      noop: { '1.0': { defaultVersion: true, marName: 'noop.mar', minWorkers: 1, maxBatchDelay: 100 } },
    });
  });

  it.each([
    ['{', 'expected a JSON object {"model":{"version":{…}}}, came something that is no JSON'],
    ['[]', 'expected an object of models, as {"model":{"version":{…}}}, came []'],
    ['{"a":[]}', 'a: expected an object of its versions, came []'],
    ['{"a":{"1":5}}', 'a: 1: expected an object of settings, came 5'],
    ['{"a":{"1":{"batchsize":1}}}', 'a: 1: batchsize is no known key. Did you mean batchSize?'],
    ['{"a":{"1":{"batchSize":0}}}', 'a: 1: batchSize: expected an integer from 1, came 0'],
    ['{"a":{"1":{"minWorkers":"2"}}}', 'a: 1: minWorkers: expected an integer from 0, came "2"'],
    ['{"a":{"1":{"defaultVersion":1}}}', 'a: 1: defaultVersion: expected true or false, came 1'],
  ])('are not %s', async (json, problem) => {
    expect(await problemsOf({ file: `models=${json}` })).toEqual([
      expect.stringContaining(`config.properties:1: models: ${problem}`),
    ]);
  });
});

describe('what finds a running daemon', () => {
  it('does not mind what is wrong with other keys', async () => {
    const sources = await sourcesOf({ file: 'pid_file=x.pid\nbatch_size=0\nfoo=1' });
    expect(loadControlConfig(sources)).toMatchObject({ pidFile: `${sources.cwd}/x.pid`, shutdownTimeout: 60 });
  });

  it('minds what is wrong with its own', async () => {
    const sources = await sourcesOf({ flags: { shutdown_timeout: 'x' } });
    expect(() => loadControlConfig(sources)).toThrow('--shutdown-timeout: expected an integer from 0 (seconds)');
  });
});
