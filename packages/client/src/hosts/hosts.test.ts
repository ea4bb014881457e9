import { describe, expect, it } from 'vitest';
import { chooseHost, pauseAfter } from './choose-host.ts';
import { HostPool } from './host-pool.ts';
import { parseHosts } from './parse-hosts.ts';

describe('addresses', () => {
  it.each([
    ['127.0.0.1:8080', ['http://127.0.0.1:8080']],
    ['models.example', ['http://models.example']],
    ['https://models.example:443/prefix/', ['https://models.example/prefix']],
    ['a:1, b:2,a:1,', ['http://a:1', 'http://b:2']],
    [
      ['a:1', 'http://b:2'],
      ['http://a:1', 'http://b:2'],
    ],
    ['[::1]:8080', ['http://[::1]:8080']],
    ['grpc://a:7070,grpcs://b:7070', ['http://a:7070', 'https://b:7070']],
  ])('%j', (hosts, urls) => {
    expect(parseHosts(hosts)).toEqual(urls);
  });

  it('are of TLS where that is said', () => {
    expect(parseHosts('a:1,http://b:2', true)).toEqual(['https://a:1', 'http://b:2']);
  });

  it.each(['', ' , ', 'ftp://a', 'http://', 'a b', 'http://a:99999', 'http://a/?x=1', 'local:model'])(
    'not %j',
    (hosts) => {
      expect(() => parseHosts(hosts)).toThrow(/expected the address of a server/);
    },
  );

  it('hold no passwords, which messages would show', () => {
    expect(() => parseHosts('http://me:secret@a')).toThrow(/^(?!.*secret).*authorization/);
  });
});

describe('the choice of a host', () => {
  const state = (outUntil: number) => ({ failures: 0, outUntil });

  it('leaves out those that failed, until their time is over', () => {
    expect(chooseHost([state(0), state(0)], 0, 100)).toBe(0);
    expect(chooseHost([state(101), state(0)], 0, 100)).toBe(1);
    expect(chooseHost([state(100), state(0)], 0, 100)).toBe(0);
    expect(chooseHost([state(0), state(0)], 3, 100)).toBe(1);
  });

  it('takes the one that is back first when all are out', () => {
    expect(chooseHost([state(300), state(200), state(400)], 0, 100)).toBe(1);
  });

  it('leaves out longer what fails again', () => {
    expect([1, 2, 3, 20].map(pauseAfter)).toEqual([1000, 2000, 4000, 30_000]);
  });
});

describe('a pool', () => {
  const NOBODY: ReadonlySet<never> = new Set();

  it('uses a host again when its time is over, and at once when it worked', async () => {
    let now = 0;
    const pool = new HostPool(['http://a', 'http://b'], { resolve: async () => undefined, now: () => now });
    const next = async () => (await pool.next(NOBODY)).url;
    const a = await pool.next(NOBODY);
    pool.failed(a);
    expect([await next(), await next()]).toEqual(['http://b', 'http://b']);
    now = 1000;
    expect([await next(), await next()].sort()).toEqual(['http://a', 'http://b']);
    pool.failed(a);
    pool.worked(a);
    expect([await next(), await next()].sort()).toEqual(['http://a', 'http://b']);
  });

  it('prefers hosts that were not tried', async () => {
    const pool = new HostPool(['http://a', 'http://b'], { resolve: async () => undefined });
    const a = await pool.next(NOBODY);
    const b = await pool.next(new Set([a]));
    expect([a.url, b.url]).toEqual(['http://a', 'http://b']);
    expect(await pool.hasOthers(new Set([a]))).toBe(true);
    expect(await pool.hasOthers(new Set([a, b]))).toBe(false);
    expect(await pool.next(new Set([a, b]))).toBe(a);
  });

  it('uses all addresses of a name, and follows it when it moves', async () => {
    let now = 0;
    let addresses: readonly string[] = ['10.0.0.1', '10.0.0.2'];
    const left: (string | undefined)[] = [];
    const pool = new HostPool(['http://models'], {
      resolve: async () => addresses,
      now: () => now,
      onLeft: ({ address }) => left.push(address),
    });
    const next = async () => (await pool.next(NOBODY)).address ?? '';
    expect([await next(), await next(), await next()]).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.1']);
    addresses = ['10.0.0.2', '10.0.0.3'];
    now = 29_000;
    expect([await next(), await next()].toSorted((a, b) => a.localeCompare(b))).toEqual(['10.0.0.1', '10.0.0.2']);
    now = 30_000;
    await next();
    expect([await next(), await next()].toSorted((a, b) => a.localeCompare(b))).toEqual(['10.0.0.2', '10.0.0.3']);
    expect(left).toEqual(['10.0.0.1']);
  });

  it('looks a name up again soon after a failure, and keeps what it knows when it cannot', async () => {
    let now = 0;
    let looked = 0;
    const pool = new HostPool(['http://models'], {
      resolve: async () => {
        looked += 1;
        if (looked > 1) throw new Error('no resolver');
        return ['10.0.0.1'];
      },
      now: () => now,
    });
    const host = await pool.next(NOBODY);
    pool.failed(host);
    now = 1000;
    expect(await pool.next(NOBODY)).toBe(host);
    expect(looked).toBe(2);
  });

  it('looks for other addresses of a name at once when all fail', async () => {
    let now = 0;
    let addresses: readonly string[] = ['10.0.0.1'];
    const pool = new HostPool(['http://models'], { resolve: async () => addresses, now: () => now });
    const host = await pool.next(NOBODY);
    pool.failed(host);
    expect(await pool.hasOthers(new Set([host]))).toBe(false);
    addresses = ['10.0.0.2'];
    now = 1000;
    pool.failed(host);
    expect(await pool.hasOthers(new Set([host]))).toBe(true);
    expect((await pool.next(new Set([host]))).address).toBe('10.0.0.2');
  });

  it('leaves a name to the platform that cannot be looked up', async () => {
    const pool = new HostPool(['http://models'], { resolve: async () => Promise.reject(new Error('ENOTFOUND')) });
    expect(await pool.next(NOBODY)).toEqual({ url: 'http://models' });
  });
});
