/** Who is let in by a token, over HTTP, as curl and fetch send it. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, type Answer } from '../helpers/http.ts';
import { readBlocks, runBlock } from '../helpers/pages.ts';

type Keys = Readonly<Record<'inference' | 'management' | 'API', { readonly key: string }>>;

const run = promisify(execFile);
const keysOf = ({ root }: Daemon) => JSON.parse(readFileSync(path.join(root, 'key_file.json'), 'utf8')) as Keys;
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe('a server whose calls need a token', () => {
  let daemon: Daemon;
  const used = new Set<string>();
  const ask = (address: string, name?: keyof Keys, method = 'GET') => {
    const { key } = name === undefined ? { key: undefined } : keysOf(daemon)[name];
    if (key !== undefined) used.add(key);
    return send(address, { method, headers: key === undefined ? {} : bearer(key) });
  };
  const withHeader = (address: string, authorization: string) => send(address, { headers: { authorization } });
  const refusalOf = (answer: Answer) => ({
    status: answer.status,
    challenge: answer.headers.get('www-authenticate'),
    ...answer.json<{ type: string; message: string }>(),
  });
  const refused = (reason: string, challenge: string) => ({
    status: 401,
    challenge,
    code: 401,
    type: 'InvalidKeyException',
    message: `Token Authorization failed. Token either incorrect, expired, or not provided correctly. ${reason}`,
  });
  const [CHALLENGE, INVALID] = ['Bearer realm="marserve"', 'Bearer realm="marserve", error="invalid_token"'];
  let prediction: string;
  let models: string;

  beforeAll(async () => {
    daemon = await startDaemon({
      config: { disable_token_authorization: false, log_level: 'debug', access_log: 'info', load_models: 'all' },
      fill: (store) => addArchive(store, { name: 'echo', source: ECHO }),
    });
    prediction = `${daemon.inference}/predictions/echo`;
    models = `${daemon.management}/models`;
  });
  afterAll(() => daemon.close());

  it('has its keys in a file of its user alone', () => {
    expect(statSync(path.join(daemon.root, 'key_file.json')).mode & 0o777).toBe(0o600);
    expect(Object.keys(keysOf(daemon))).toEqual(['management', 'inference', 'API']);
  });

  it('lets in who has the key of the API', async () => {
    await expect.poll(async () => (await ask(prediction, 'inference')).status).toBe(200);
    expect((await ask(models, 'management')).status).toBe(200);
    const scaled = await ask(`${models}/echo?min_worker=1&synchronous=true`, 'management', 'PUT');
    expect(scaled.status).toBe(200);
    const { key } = keysOf(daemon).inference;
    expect((await withHeader(prediction, `bearer  ${key} `)).status).toBe(200);
    const curl = ['-sS', '-o', '/dev/null', '-w', '%{http_code}', '--oauth2-bearer', key, prediction];
    expect((await run('curl', curl)).stdout).toBe('200');
  });

  it('says that no token came', async () => {
    const advice = (key: string) =>
      `No token came: send the ${key} key of the server's key file as "Authorization: Bearer KEY".`;
    expect(refusalOf(await ask(prediction))).toEqual(refused(advice('inference'), CHALLENGE));
    expect(refusalOf(await ask(models))).toEqual(refused(advice('management'), CHALLENGE));
    expect(refusalOf(await ask(`${models}/echo`, undefined, 'DELETE'))).toEqual(
      refused(advice('management'), CHALLENGE),
    );
    // Nor does it say what there is.
    expect(refusalOf(await ask(`${models}/nothing`))).toEqual(refused(advice('management'), CHALLENGE));
  });

  it.each(['', 'Bearer', 'Bearer ', 'Basic dXNlcjpwdw==', 'KEY', 'Bearer KEY KEY', 'BearerKEY'])(
    'says that a header is none of a token: "%s"',
    async (header) => {
      const sent = header.replaceAll('KEY', keysOf(daemon).inference.key);
      expect(refusalOf(await withHeader(prediction, sent))).toEqual(
        refused('The header Authorization is not of the form "Bearer KEY".', CHALLENGE),
      );
    },
  );

  it('says that a token is wrong, also where it is the key of another API', async () => {
    const reason = (key: string) => `It is not the ${key} key; each start of the server makes new ones.`;
    expect(refusalOf(await withHeader(prediction, 'Bearer x'))).toEqual(refused(reason('inference'), INVALID));
    for (const key of ['management', 'API'] as const)
      expect(refusalOf(await ask(prediction, key))).toEqual(refused(reason('inference'), INVALID));
    for (const key of ['inference', 'API'] as const)
      expect(refusalOf(await ask(models, key))).toEqual(refused(reason('management'), INVALID));
  });

  it('does not read the body of who is not let in', async () => {
    const body = Buffer.alloc(1 << 20);
    const { status } = await send(prediction, { method: 'POST', body });
    expect(status).toBe(401);
  });

  it('answers probes, the description and Prometheus without one', async () => {
    for (const address of [daemon.inference, daemon.management]) {
      for (const target of ['/live', '/ready', '/ping', '/api-description'])
        expect((await ask(address + target)).status, target).toBe(200);
      expect((await ask(`${address}/`, undefined, 'OPTIONS')).status).toBe(200);
    }
    expect((await ask(`${daemon.metrics}/metrics`)).status).toBe(200);
  });

  it.each(['inference', 'management'] as const)('makes a new %s key for who has the API key', async (name) => {
    const before = keysOf(daemon)[name].key;
    const renewed = await ask(`${daemon.management}/token?type=${name}`, 'API');
    const after = keysOf(daemon)[name];
    expect(renewed.status).toBe(200);
    expect(renewed.json()).toEqual({ [name]: after });
    expect(after.key).not.toBe(before);
    const address = name === 'inference' ? prediction : models;
    expect((await withHeader(address, `Bearer ${before}`)).status).toBe(401);
    expect((await ask(address, name)).status).toBe(200);
    used.add(before);
  });

  it('makes none for others, and none that is not known', async () => {
    const token = `${daemon.management}/token`;
    const refused = await ask(`${token}?type=inference`, 'management');
    expect(refused.status).toBe(401);
    expect(refused.json().message).toMatch(/^Token Authentication failed\. .* It is not the API key/);
    expect((await ask(`${token}?type=inference`)).status).toBe(401);
    const before = readFileSync(path.join(daemon.root, 'key_file.json'), 'utf8');
    for (const query of ['', '?type=', '?type=API', '?type=all', '?type=inference&type=management']) {
      const { status, text } = await ask(token + query, 'API');
      expect(status, query).toBe(400);
      expect(text).toContain('inference or management');
    }
    expect(readFileSync(path.join(daemon.root, 'key_file.json'), 'utf8')).toBe(before);
    // It is where models are managed alone.
    expect((await ask(`${daemon.inference}/token?type=inference`, 'API')).status).toBe(404);
  });

  it('answers the commands of the docs', async () => {
    const [block] = (await readBlocks('docs/security.md')).filter(({ text }) => text.includes('Bearer $(key'));
    const replace = {
      embedding: 'echo',
      'http://127.0.0.1:8080': daemon.inference,
      'http://127.0.0.1:8081': daemon.management,
    };
    for (const { key } of Object.values(keysOf(daemon))) used.add(key);
    const output = await runBlock(block ?? { language: '', text: 'exit 1' }, { replace, cwd: daemon.root });
    expect(output).toContain(keysOf(daemon).inference.key);
    expect(output).toContain('"modelName": "echo"');
  });

  it('keeps its key file when another server in its folder cannot listen', async () => {
    const before = readFileSync(path.join(daemon.root, 'key_file.json'), 'utf8');
    const second = startDaemon({
      root: daemon.root,
      config: {
        inference_address: daemon.inference,
        pid_file: path.join(daemon.root, 'second.pid'),
        disable_token_authorization: false,
      },
    });
    await expect(second).rejects.toThrow('the port is taken by another process');
    expect(readFileSync(path.join(daemon.root, 'key_file.json'), 'utf8')).toBe(before);
  });

  it('writes no key to its log, and takes the key file away when it stops', async () => {
    for (const { key } of Object.values(keysOf(daemon))) used.add(key);
    expect(await daemon.end()).toBe(0);
    expect(used.size).toBeGreaterThan(4);
    await daemon.line('calls need a token');
    for (const key of used) expect(daemon.output()).not.toContain(key);
    expect(existsSync(path.join(daemon.root, 'key_file.json'))).toBe(false);
  });
});

describe('a key whose time is over', () => {
  it('is refused, and what renews it is said', async () => {
    const daemon = await startDaemon({
      config: { disable_token_authorization: false, token_expiration_min: '0.00001', token_key_file: 'keys/own.json' },
      fill: async (store) => mkdirSync(path.join(store, '../keys')),
    });
    try {
      const { inference } = JSON.parse(readFileSync(path.join(daemon.root, 'keys/own.json'), 'utf8')) as Keys;
      const { status, text, headers } = await send(`${daemon.inference}/predictions/m`, {
        headers: bearer(inference.key),
      });
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
      expect(text).toMatch(/It expired at 20\S+Z: \/token\?type=inference at the management address makes a new one\./);
    } finally {
      await daemon.close();
    }
  });
});

it('does not start where its key file would replace something else', async () => {
  const started = startDaemon({
    config: { disable_token_authorization: false, token_key_file: 'config.properties' },
  });
  await expect(started).rejects.toThrow(/config\.properties holds something else\. Choose another with token_key_file/);
});
