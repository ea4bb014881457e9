import { describe, expect, it } from 'vitest';
import { load, problemsOf } from '../test-support/configurations.ts';
import { tokenApis } from './token-apis.ts';

describe('an address', () => {
  it('needs a token where other machines can reach it, unless something else is said', async () => {
    const [beyond, local] = ['inference_address=http://0.0.0.0:8080\n', 'management_address=http://[::1]:8081\n'];
    const apisOf = async (file: string) => [...tokenApis((await load({ file })).config)];
    expect(await apisOf('')).toEqual([]);
    expect(await apisOf(beyond)).toEqual(['inference']);
    expect(await apisOf('management_address=http://[::]:8081')).toEqual(['management']);
    expect(await apisOf('inference_address=unix:/tmp/s')).toEqual([]);
    expect(await apisOf(`${local}disable_token_authorization=false`)).toEqual(['inference', 'management']);
    expect(await apisOf(`${beyond}disable_token_authorization=true`)).toEqual([]);
  });

  it('is warned about where others could run code without a token', async () => {
    const file = 'inference_address=http://0.0.0.0:8080\nmanagement_address=http://[::]:8081';
    expect((await load({ file })).warnings).toEqual([]);
    expect((await load({ file, flags: { disable_token_authorization: 'true' } })).warnings).toEqual([
      expect.stringMatching(/^config.properties:2: management_address: other machines can reach "http:..\[::\]:8081"/),
    ]);
  });
});

describe('TLS', () => {
  const https = 'metrics_address=https://127.0.0.1:8445';
  const pair = 'private_key_file=k\ncertificate_file=c';

  it('needs a certificate, and says how to make one', async () => {
    expect(await problemsOf({ file: https })).toEqual([
      expect.stringMatching(/^config.properties:1: metrics_address: TLS needs a certificate\. .*openssl req -x509/),
    ]);
    expect(await problemsOf({ file: 'enable_grpc_ssl=true' })).toEqual([
      expect.stringMatching(/^config.properties:1: enable_grpc_ssl: TLS needs a certificate\./),
    ]);
    expect(await problemsOf({ file: 'enable_grpc_ssl=true\nenable_grpc=false' })).toEqual([]);
    expect(await problemsOf({ file: `${https}\nkeystore=a.p12` })).toEqual([]);
    expect(await problemsOf({ file: `${https}\n${pair}` })).toEqual([]);
  });

  it('has both files of a pair', async () => {
    for (const [given, missing] of [
      ['private_key_file', 'certificate_file'],
      ['certificate_file', 'private_key_file'],
    ] as const) {
      const problems = await problemsOf({ file: `${given}=x\n${https}` });
      expect(problems).toEqual([`config.properties:1: ${given}: ${missing} is missing, which belongs to it.`]);
    }
  });

  it('has no keystore where it asks for the certificates of clients', async () => {
    const file = `${https}\nkeystore=a.p12\nclient_ca_file=ca.pem`;
    expect(await problemsOf({ file })).toEqual([
      expect.stringMatching(/^config.properties:3: client_ca_file: expected with private_key_file .*openssl pkcs12/),
    ]);
  });

  it('is warned about where clients are to be asked for certificates, and no address can', async () => {
    const { warnings } = await load({ file: 'client_ca_file=ca.pem' });
    expect(warnings).toEqual([
      expect.stringMatching(/^config.properties:1: client_ca_file does nothing: no address begins with https:/),
    ]);
    expect((await load({ file: `client_ca_file=ca.pem\n${pair}\nenable_grpc_ssl=true` })).warnings).toEqual([]);
  });

  it('is one thing at a port that REST and gRPC share', async () => {
    const shared = `enable_grpc_ssl=true\n${pair}\ngrpc_inference_port=8080`;
    expect(await problemsOf({ file: shared })).toEqual([
      'inference_address: expected https://, since gRPC has the same port and enable_grpc_ssl is set, came "http://127.0.0.1:8080".',
    ]);
    expect(await problemsOf({ file: `${shared}\ninference_address=https://127.0.0.1:8080` })).toEqual([]);
    expect(await problemsOf({ file: `${shared}\ngrpc_inference_address=127.0.0.2` })).toEqual([]);
  });

  it('keeps its passphrase out of what is written down', async () => {
    const { config, properties } = await load({ file: 'keystore_pass=secret\nkeystore=a.p12' });
    expect(config.keystorePass).toBe('secret');
    expect(properties).toMatchObject({ keystore: 'a.p12' });
    expect(JSON.stringify(properties)).not.toContain('secret');
  });
});
