/** Asks a daemon that runs for its models, as a probe does. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import type { SecureContextOptions } from 'node:tls';

/** What `/ready` answers. */
export interface ReportedHealth {
  /** Whether every model of the start and every registered one can answer. */
  readonly isReady: boolean;
  /** Those that are registered, and those of the start that are not. */
  readonly models: readonly ReportedModel[];
}

/** A model, as the daemon reports it. */
export interface ReportedModel {
  /** Undefined for an archive whose manifest could not be read. */
  readonly modelName?: string;
  /** Undefined where the name is. */
  readonly modelVersion?: string;
  /** Where it is not registered. */
  readonly archive?: string;
  /** The daemon's own word, such as `ready`. */
  readonly state: string;
  /** Why it is not ready; undefined for one that is. */
  readonly reason?: string;
}

const TIMEOUT_MS = 5000;

/**
 * @param address of a listener, as the pid file has it
 * @param certificate that the server may ask for
 * @throws Error when there is no answer in time, or a strange one
 */
export async function askHealth(address: string, certificate: SecureContextOptions = {}): Promise<ReportedHealth> {
  const { status, body } = await get({ ...targetOf(address), ...certificate }, address.startsWith('https:'));
  if (status !== 200 && status !== 503) throw new Error(`/ready was answered with status ${status}`);
  const { models } = JSON.parse(body) as { models: ReportedModel[] };
  return { isReady: status === 200, models };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function get(target: RequestOptions, isTls: boolean): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = isTls ? requestHttps : requestHttp;
    const asked = request({ ...target, path: '/ready', agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body })).on('error', reject);
    });
    // Also for an answer that begins and does not end.
    const timer = setTimeout(() => asked.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
    asked.on('error', reject).on('close', () => clearTimeout(timer));
    asked.end();
  });
}

/** A listener on every address is reached on this machine's own. */
function targetOf(address: string): RequestOptions {
  if (address.startsWith('unix:')) return { socketPath: address.slice('unix:'.length) };
  const { hostname, port } = new URL(address);
  const host = hostname.replace(/^\[|\]$/g, '');
  // The pid file, which is this user's, says where it is; a name of loopback is in few certificates.
  const trust = { rejectUnauthorized: false };
  return { ...trust, host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port };
}
