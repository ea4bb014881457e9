import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { createHostRule, type HostRuleOptions } from './host-rule.ts';

const LOCAL: HostRuleOptions = { key: 'management_allowed_hosts', names: [], ownHost: '127.0.0.1', isLoopback: true };
const OPEN: HostRuleOptions = { ...LOCAL, ownHost: '0.0.0.0', isLoopback: false };

describe('an address of loopback', () => {
  const rule = createHostRule(LOCAL);

  it.each([
    'localhost',
    'localhost:8081',
    'LOCALHOST:8081',
    'localhost.',
    'LocalHost.:8081',
    '127.0.0.1',
    '127.0.0.1:8081',
    '127.1.2.3',
    '127.1',
    '0x7f.0.0.1',
    '[::1]:8081',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]:8081',
    'localhost:',
  ])('answers to %s', (host) => expect(rule.allows(host)).toBe(true));

  it.each([
    '',
    ' ',
    'evil.example',
    'evil.example:8081',
    'localhost.evil.example',
    'localhost.evil.example.',
    'evil.localhost.example',
    'evil-localhost',
    'localhost..',
    'xlocalhost',
    '127.0.0.1.evil.example',
    '127.0.0.1.nip.io',
    '128.0.0.1',
    '10.0.0.1:8081',
    '0.0.0.0',
    '[::2]',
    '[::]:8081',
    'localhost, evil.example',
    'localhost,evil.example',
    'localhost evil.example',
    'localhost\\evil.example',
    'evil@localhost',
    'localhost@evil.example',
    'localhost/evil',
    'localhost?x',
    'localhost#x',
    'evil.example#localhost',
    'http://localhost',
    'localhost:80:80',
    'localhost:x',
    '[localhost]',
    '[::1',
    '::1]',
    '%6c%6f%63alhost.evil.example',
    '\u0000localhost',
  ])('does not answer to "%s"', (host) => expect(rule.allows(host)).toBe(false));
});

describe('an address beyond loopback', () => {
  const rule = createHostRule(OPEN);

  it.each(['10.1.2.3:8081', '[2001:db8::1]:8081', '127.0.0.1', 'localhost', `${hostname()}:8081`])(
    'answers to %s, which no page can have as its name',
    (host) => expect(rule.allows(host)).toBe(true),
  );

  it.each(['evil.example', '10.1.2.3.evil.example:8081', '10.1.2.3.nip.io'])('does not answer to %s', (host) =>
    expect(rule.allows(host)).toBe(false),
  );

  it('answers to the name that it was opened with', () => {
    const named = createHostRule({ ...OPEN, ownHost: 'serve.example.org' });
    expect(named.allows('SERVE.example.org.:8081')).toBe(true);
    expect(named.allows('example.org')).toBe(false);
  });
});

describe('names that were told', () => {
  it('are names, all below a name, or any', () => {
    const rule = createHostRule({ ...LOCAL, names: ['Serve.Example.org', '*.svc.cluster.local', '10.0.0.7', '::2'] });
    for (const host of ['serve.example.org:1', 'a.svc.cluster.local', 'a.b.SVC.cluster.local.', '10.0.0.7', '[::2]:1'])
      expect(rule.allows(host)).toBe(true);
    for (const host of ['x.serve.example.org', 'svc.cluster.local', 'xsvc.cluster.local', '10.0.0.8', '[::3]'])
      expect(rule.allows(host)).toBe(false);
    expect(createHostRule({ ...LOCAL, names: ['*'] }).allows('evil.example')).toBe(true);
  });

  it('may be in letters of any script', () => {
    const rule = createHostRule({ ...LOCAL, names: ['bücher.example'] });
    expect(rule.allows('xn--bcher-kva.example:8081')).toBe(true);
  });
});

it('answers to any name on a socket of the file system, which no browser reaches', () => {
  expect(createHostRule({ ...LOCAL, ownHost: undefined }).allows('whatever')).toBe(true);
});

it('remembers what is allowed alone, and gives the same answer again', () => {
  const rule = createHostRule(LOCAL);
  for (let port = 0; port < 300; port += 1) {
    expect(rule.allows(`localhost:${port}`)).toBe(true);
    expect(rule.allows(`evil.example:${port}`)).toBe(false);
  }
});
