import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon } from '../helpers/daemon.ts';
import { post, send } from '../helpers/http.ts';
import { isAlive, residentBytes } from '../helpers/processes.ts';
import { createRandom } from '../helpers/random.ts';
import { createSite, type Started } from '../helpers/site.ts';
import { smallDiskOf, smallDiskPrefix, whyNoSmallDisk } from '../helpers/small-disk.ts';
import { isMetWithin } from '../helpers/within.ts';

const PATIENCE_MS = 40_000;
const MB = 2 ** 20;

/** Asks until the condition is met. */
function pingUntil({ inference }: Pick<Started, 'inference'>, condition: () => Promise<boolean>): Promise<boolean> {
  return isMetWithin(PATIENCE_MS, async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => send(`${inference}/ping?padding=${'x'.repeat(500)}${index}`)),
    );
    return condition();
  });
}

const linesOf = async (file: string) => (await readFile(file, 'utf8')).split('\n').filter(Boolean);
const has = (file: string, text: string) => async () => (await readFile(file, 'utf8')).includes(text);

describe('the log of a server in the background', () => {
  it('goes to --log-file, and nothing is left elsewhere', async () => {
    const site = await createSite();
    const file = path.join(site.root, 'own/place/server.log');
    const server = await site.start(['--log-file', file]);
    expect(server.stdout).toContain(file);
    expect(existsSync(path.join(site.root, 'logs/marserve.log'))).toBe(false);
    await send(`${server.inference}/ping`);
    await site.run(['--stop']);
    const messages = (await linesOf(file)).map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(messages).toEqual(expect.arrayContaining(['starting', 'listening', 'GET /ping 200', 'stopped']));
  });

  it('is put aside at its size, and only so many files are kept', async () => {
    const site = await createSite();
    const server = await site.start(['--log-max-file-size', '20000', '--log-max-files', '3']);
    const folder = path.join(site.root, 'logs');
    const oldest = path.join(folder, 'marserve.log.3');
    const firstOldest = await pingUntil(server, async () => existsSync(oldest)).then(() => readFile(oldest, 'utf8'));
    expect(await pingUntil(server, async () => (await readFile(oldest, 'utf8')) !== firstOldest)).toBe(true);
    await site.run(['--stop']);
    const logs = (await readdir(folder)).filter((name) => /^marserve\.log(\.\d+)?$/.test(name));
    expect(logs.sort()).toEqual(['marserve.log', 'marserve.log.1', 'marserve.log.2', 'marserve.log.3']);
    for (const name of logs) {
      expect((await stat(path.join(folder, name))).size).toBeLessThan(20_000 + 2 * 65_536);
      for (const line of await linesOf(path.join(folder, name)))
        expect(() => JSON.parse(line) as unknown).not.toThrow();
    }
  });
});

describe('SIGHUP', () => {
  it.each(['start', 'startInForeground'] as const)('opens the log anew and ends nothing, after %s', async (how) => {
    const site = await createSite();
    const source = 'export default class { handle(data) { return data.map(() => "fine"); } }';
    await addArchive(site.store, { name: 'm', source });
    const file = path.join(site.root, 'server.log');
    const server = await site[how](['--log-file', file]);
    expect((await post(`${server.management}/models?url=m.mar&initial_workers=1`)).status).toBe(200);
    const workers = (await send(`${server.management}/models/m`)).json<{ workers: { pid: number }[] }[]>()[0]?.workers;
    for (const round of [1, 2, 3]) {
      await rename(file, `${file}.${round}`);
      for (const pid of [server.pid, ...(workers ?? []).map((worker) => worker.pid)]) process.kill(pid, 'SIGHUP');
      expect(await isMetWithin(PATIENCE_MS, has(file, 'opened anew'))).toBe(true);
      expect((await post(`${server.inference}/predictions/m?round=${round}`)).text).toBe('fine');
      expect(await isMetWithin(PATIENCE_MS, has(file, `round=${round}`))).toBe(true);
    }
    expect(await readFile(`${file}.1`, 'utf8')).toContain('"msg":"listening"');
    expect(await readFile(file, 'utf8')).not.toContain('worker died');
  });

  it('ends no server whose log is on stdout, nor one that is asked to stop', async () => {
    const daemon = await startDaemon();
    onTestFinished(() => daemon.close());
    for (let count = 0; count < 3; count += 1) process.kill(daemon.pid, 'SIGHUP');
    await daemon.line('there is no log file to be opened anew');
    expect((await send(`${daemon.inference}/ping`)).status).toBe(200);
    const end = daemon.end();
    process.kill(daemon.pid, 'SIGHUP');
    expect(await end).toBe(0);
  });
});

describe.skipIf(whyNoSmallDisk() !== undefined)('a full disk under the log', () => {
  it('costs lines, and neither memory without bound nor the server', async () => {
    const site = await createSite();
    const mountPoint = path.join(site.root, 'disk');
    await mkdir(mountPoint);
    const file = path.join(mountPoint, 'server.log');
    const server = await site.start(['--log-file', file], smallDiskPrefix(48 * MB, mountPoint));
    const disk = smallDiskOf(server.pid, mountPoint);
    const log = path.join(disk.folder, 'server.log');
    await disk.fill(10_000);
    const isFull = async () => (await statfs(disk.folder)).bavail === 0;
    expect(await pingUntil(server, isFull)).toBe(true);
    const before = await residentBytes(server.pid);
    const deadline = performance.now() + 3000;
    let answered = 0;
    await pingUntil(server, async () => (answered += 20) > 4000 && performance.now() > deadline);
    expect((await residentBytes(server.pid)) - before).toBeLessThan(100 * MB);
    await disk.clear();
    expect(await pingUntil(server, has(log, 'log lines were lost'))).toBe(true);
    const lost = (await linesOf(log)).find((line) => line.includes('log lines were lost')) ?? '';
    expect((JSON.parse(lost) as { lines: number }).lines).toBeGreaterThan(0);
    expect((await send(`${server.inference}/ping?after`)).status).toBe(200);
    expect(await isMetWithin(PATIENCE_MS, has(log, '?after'))).toBe(true);
  });

  it.each(['/dev/full'])('does not keep it from stopping: %s', async (device) => {
    const site = await createSite();
    const server = await site.startInForeground(['--log-file', device]);
    await Promise.all(Array.from({ length: 50 }, () => send(`${server.inference}/ping`)));
    const isCounted = async () =>
      /^marserve_log_lines_lost_total [1-9]/m.test((await send(`${server.metrics}/metrics`)).text);
    expect(await isMetWithin(PATIENCE_MS, isCounted)).toBe(true);
    process.kill(server.pid, 'SIGTERM');
    expect(await isMetWithin(PATIENCE_MS, async () => !(await isAlive(server.pid)))).toBe(true);
  });
});

describe('what others bring into the log', () => {
  const SECRETS = ['hunter2hunter2', 'c0ffee%2Bc0ffee', '8a7b6c5d4e3f'];

  it('is without the secrets of addresses, and one bounded line, wherever an address comes up', async () => {
    const random = createRandom(20_261_127);
    const daemon = await startDaemon({ config: { log_level: 'debug', allowed_urls: 'http://127.0.0.1.*' } });
    onTestFinished(() => daemon.close());
    const secretly = (address: string) => {
      const [secret, name] = [
        random.pick(SECRETS),
        random.pick(['X-Amz-Signature', 'sig', 'token', 'Access_Token', 'key']),
      ];
      return random.pick([
        `${address}?${name}=${secret}`,
        `${address}?a=b&${name}=${secret}&c=d`,
        address.replace('//', `//me:${secret}@`),
        address.replace('//', `//${secret}@`),
        address.replace(/^.*\/\//, `me:${secret}@`),
      ]);
    };
    const addresses = Array.from({ length: 60 }, () =>
      secretly(
        random.pick([
          'http://127.0.0.1:1/m.mar',
          'https://bucket.example/m.mar',
          'file:///m.mar',
          'http://[broken/m.mar',
        ]),
      ),
    );
    for (const address of addresses) {
      const url = random.pick([address, encodeURIComponent(address)]);
      const { text } = await post(`${daemon.management}/models?url=${url}`);
      expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
      await send(`${daemon.inference}/predictions/none?from=${encodeURIComponent(url)}`);
    }
    await send(`${daemon.inference}/ping?long=${'y'.repeat(12_000)}&token=${SECRETS[0]}&end`);
    await send(`${daemon.inference}/ping?last`);
    await daemon.line('/ping?last');
    for (const secret of SECRETS) expect(daemon.output()).not.toContain(secret);
    expect(daemon.output()).toContain('***');
    const long = daemon
      .output()
      .split('\n')
      .filter((line) => line.includes('/ping?long='));
    expect(long).toHaveLength(1);
    expect(long[0]?.length).toBeLessThan(3000);
  });

  it('is in no snapshot, when a model came from such an address', async () => {
    const site = await createSite();
    await addArchive(site.store, { name: 'm', source: 'export default class { handle(data) { return data; } }' });
    const archive = await readFile(path.join(site.store, 'm.mar'));
    await rm(path.join(site.store, 'm.mar'));
    const origin = createServer((_, response) => void response.end(archive)).listen(0, '127.0.0.1');
    onTestFinished(() => void origin.close());
    await once(origin, 'listening');
    const { port } = origin.address() as AddressInfo;
    await writeFile(path.join(site.root, 'config.properties'), 'allowed_urls=http://127.0.0.1.*\n');
    const server = await site.start();
    const url = encodeURIComponent(`http://127.0.0.1:${port}/m.mar?X-Amz-Signature=${SECRETS[0]}`);
    const answer = await post(`${server.management}/models?url=${url}&initial_workers=1`);
    expect(answer.status, answer.text).toBe(200);
    for (const path of ['/models', '/models/m']) {
      const { text } = await send(`${server.management}${path}`);
      expect(text).toContain('/m.mar?X-Amz-Signature=***');
    }
    await site.run(['--stop']);
    const written = await Promise.all(
      (await readdir(path.join(site.root, 'logs'), { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => readFile(path.join(entry.parentPath, entry.name), 'utf8')),
    );
    expect(written.join('\n')).toContain('m.mar');
    expect(written.join('\n')).not.toContain(SECRETS[0]);
    expect((await send(`${(await site.start()).inference}/predictions/m`, { method: 'POST', body: 'x' })).status).toBe(
      200,
    );
  });

  it.each(['json', 'pretty'])('forges no line: %s', async (format) => {
    const source = `export default class {
      handle(data, context) {
        for (const { body } of data) {
          const text = Buffer.from(body, 'base64').toString();
          console.log(text); console.error(text);
          context.logger.warn(text, { [text]: text });
        }
        return data.map(() => { throw new Error(Buffer.from(data[0].body, 'base64').toString()); });
      }
    }`;
    const daemon = await startDaemon({
      config: { log_format: format, log_level: 'debug' },
      fill: (store) => addArchive(store, { name: 'm', source }),
    });
    onTestFinished(() => daemon.close());
    await post(`${daemon.management}/models?url=m.mar&initial_workers=1`);
    const forged = '[12:00:00.000] INFO: forged {"level":"info","msg":"forged"}';
    const breaks = [
      '\n',
      '\r',
      '\r\n',
      '\u0085',
      '\u2028',
      '\u2029',
      '\u001b[2K\u001b[1G',
      '\u009b2K',
      '\u202e',
      '\u0000',
      '\u000b',
      '\u000c',
    ];
    for (const separator of breaks) {
      const body = Buffer.from(`before${separator}${forged}`).toString('base64');
      await send(`${daemon.inference}/predictions/m`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'text/plain' },
      });
      await send(
        `${daemon.inference}/predictions/m${encodeURIComponent(separator)}${encodeURIComponent(forged)}?${encodeURIComponent(separator)}`,
      );
    }
    await send(`${daemon.inference}/ping?last`);
    await daemon.line('/ping?last');
    expect(daemon.output()).toContain('forged');
    expect(daemon.output()).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]|[^\P{Cc}\n\t]/u);
    const lines = daemon.output().split('\n');
    if (format === 'pretty') expect(lines.filter((line) => line.startsWith('[12:00:00.000] INFO: forged'))).toEqual([]);
    else
      for (const line of lines.filter((each) => each.includes('forged')))
        expect(JSON.parse(line)).not.toMatchObject({ msg: 'forged' });
  });
});
