import { expect, it } from 'vitest';
import { Client } from '../../test-support/scripted-version.ts';
import { callerSignal } from './caller-signal.ts';

it('is none without a caller', () => {
  expect(callerSignal(undefined)).toBeUndefined();
});

it('is aborted when the caller goes, and says so', () => {
  const client = new Client();
  const signal = callerSignal(client);
  expect(signal?.aborted).toBe(false);
  client.go();
  expect(signal?.reason).toMatchObject({ code: 'cancelled', message: 'The client went away' });
});

it('is aborted from the beginning where the caller is gone', () => {
  const client = new Client();
  client.go();
  expect(callerSignal(client)?.aborted).toBe(true);
});
