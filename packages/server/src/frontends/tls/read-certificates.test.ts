import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, type Authority, type Pair } from '../../test-support/certificates.ts';
import { readCertificates, type CertificateFiles } from './read-certificates.ts';

let authority: Authority;
let server: Pair;
beforeAll(async () => {
  authority = await createAuthority();
  server = await authority.issue('server');
});
afterAll(() => authority.close());

const read = (files: Partial<CertificateFiles>) => readCertificates({ keystorePass: 'changeit', ...files });
const readPair = (key: string, cert: string) => () => read({ privateKeyFile: key, certificateFile: cert });
const inFolder = (name: string) => path.join(authority.folder, name);
const write = (name: string, content: Buffer | string) => {
  writeFileSync(inFolder(name), content);
  return inFolder(name);
};

describe('a pair of PEM files', () => {
  it('is a certificate and its key', () => {
    const { own, warnings, context } = readPair(server.key, server.cert)();
    expect(own.subject).toBe('CN=server');
    expect(warnings).toEqual([]);
    expect(context).toMatchObject({ minVersion: 'TLSv1.2', cert: readFileSync(server.cert) });
  });

  it.each(['rsa:2048 pkcs8', 'rsa:2048 openssl'])('may have a key of %s', async (kind) => {
    const [algorithm = '', form] = kind.split(' ');
    const [key, cert] = [inFolder('rsa.key'), inFolder('rsa.pem')];
    await authority.openssl(
      'req',
      '-x509',
      '-newkey',
      algorithm,
      '-nodes',
      '-subj',
      '/CN=rsa',
      '-keyout',
      key,
      '-out',
      cert,
    );
    if (form === 'openssl') await authority.openssl('rsa', '-in', key, '-traditional', '-out', key);
    expect(readFileSync(key, 'utf8')).toContain(form === 'openssl' ? 'BEGIN RSA PRIVATE KEY' : 'BEGIN PRIVATE KEY');
    expect(readPair(key, cert)().own.subject).toBe('CN=rsa');
  });

  it('does not fit', async () => {
    const other = await authority.issue('other');
    expect(readPair(other.key, server.cert)).toThrow(
      `private_key_file: the key in ${other.key} does not fit the certificate in`,
    );
    const chain = write('chain.pem', Buffer.concat([readFileSync(authority.own.cert), readFileSync(server.cert)]));
    expect(readPair(server.key, chain)).toThrow("but not the first: the server's own comes first");
    const right = write('right.pem', Buffer.concat([readFileSync(server.cert), readFileSync(authority.own.cert)]));
    expect(readPair(server.key, right)().own.subject).toBe('CN=server');
  });

  it.each(['pkcs8', 'traditional'])('has a key that is encrypted (%s)', async (form) => {
    const key = inFolder(`${form}.key`);
    const how = form === 'pkcs8' ? ['pkcs8', '-topk8'] : ['ec', '-aes128'];
    await authority.openssl(...how, '-in', server.key, '-passout', 'pass:secret', '-out', key);
    expect(readPair(key, server.cert)).toThrow(`encrypted. Write it without a passphrase: openssl pkey -in ${key}`);
  });

  it('cannot be read', () => {
    expect(readPair(inFolder('none'), server.cert)).toThrow(/^private_key_file: \S+none cannot be read \(ENOENT/);
    expect(readPair(server.key, authority.folder)).toThrow(/^certificate_file: \S+ cannot be read \(EISDIR/);
  });

  it('is none', async () => {
    const empty = write('empty', '');
    expect(readPair(empty, server.cert)).toThrow(`private_key_file: ${empty} has no private key in PEM`);
    expect(readPair(server.key, empty)).toThrow(`certificate_file: ${empty} has no certificate in PEM`);
    expect(readPair(server.cert, server.key)).toThrow('certificate_file');
    const damaged = write('damaged', readFileSync(server.cert, 'utf8').replace(/\n[\w+/]{20}/, '\nAAAA'));
    expect(readPair(server.key, damaged)).toThrow(`certificate_file: a certificate in ${damaged} is damaged`);
    await authority.openssl('pkey', '-in', server.key, '-outform', 'DER', '-out', 'key.der');
    expect(readPair(inFolder('key.der'), server.cert)).toThrow('openssl pkey -inform DER');
    await authority.openssl('x509', '-in', server.cert, '-outform', 'DER', '-out', 'cert.der');
    expect(readPair(server.key, inFolder('cert.der'))).toThrow('openssl x509 -inform DER');
  });

  it('has expired: a warning', async () => {
    const { key, cert } = await authority.issue('expired', { isExpired: true });
    expect(readPair(key, cert)().warnings).toEqual([
      expect.stringMatching(/^The certificate of "CN=expired" expired on .*GMT: clients will refuse it\.$/),
    ]);
  });

  it('has clients whose certificates another file signs', () => {
    const [privateKeyFile, certificateFile] = [server.key, server.cert];
    const clientCaFile = authority.own.cert;
    const { context } = read({ privateKeyFile, certificateFile, clientCaFile });
    expect(context.ca).toEqual(readFileSync(clientCaFile));
    expect(() => read({ privateKeyFile, certificateFile, clientCaFile: server.key })).toThrow('client_ca_file');
  });
});

describe('a keystore', () => {
  const store = async (name: string, ...how: readonly string[]) => {
    const made = ['pkcs12', '-export', '-inkey', server.key, '-in', server.cert, '-certfile', authority.own.cert];
    await authority.openssl(...made, '-passout', 'pass:changeit', '-out', name, ...how);
    return inFolder(name);
  };

  it('is PKCS #12', async () => {
    expect(read({ keystore: await store('store.p12') }).own.subject).toBe('CN=server');
  });

  it('has another passphrase', async () => {
    const keystore = await store('other.p12');
    expect(() => read({ keystore, keystorePass: 'wrong' })).toThrow('keystore: keystore_pass does not open');
  });

  it('is encrypted in an old way', async () => {
    const keystore = await store('legacy.p12', '-legacy');
    expect(() => read({ keystore })).toThrow('Write it anew: openssl pkcs12 -legacy -in');
  });

  it('is one that only Java reads', () => {
    const keystore = write('store.jks', Buffer.from('feedfeed00000002', 'hex'));
    const line = `keytool -importkeystore -srckeystore ${keystore} -destkeystore keystore.p12 -deststoretype PKCS12`;
    expect(() => read({ keystore })).toThrow(line);
  });

  it.each(['', 'garbage', '-----BEGIN CERTIFICATE-----'])('is none: "%s"', (content) => {
    const keystore = write('none.p12', content);
    expect(() => read({ keystore })).toThrow(`keystore: ${keystore} is no PKCS #12 keystore`);
  });

  it('has no key', async () => {
    const keystore = inFolder('nokey.p12');
    await authority.openssl(
      'pkcs12',
      '-export',
      '-nokeys',
      '-in',
      server.cert,
      '-passout',
      'pass:changeit',
      '-out',
      keystore,
    );
    expect(() => read({ keystore })).toThrow(`keystore: ${keystore} is no PKCS #12 keystore with a key`);
  });
});
