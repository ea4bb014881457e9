/** Lets in who shows the key of the API that is called, as `Authorization: Bearer KEY`; the texts begin as TorchServe's. */
import { ServeError } from '../core/errors.ts';
import type { Audience } from '../protocols/endpoint.ts';
import type { Call, Interceptor } from './interceptor.ts';
import type { KeyName, TokenKeys } from './token-keys.ts';

/** @param apis those whose calls need a key; whoever asks for new keys always does */
export function createTokenCheck(
  keys: Pick<TokenKeys, 'check'>,
  apis: ReadonlySet<'inference' | 'management'>,
): Interceptor {
  const needed: Partial<Record<Audience, KeyName>> = {
    ...(apis.has('inference') && { inference: 'inference' }),
    ...(apis.has('management') && { management: 'management' }),
    tokens: 'API',
  };
  return {
    admit(call) {
      const name = needed[call.audience];
      if (name !== undefined) assertToken(call, name, keys);
    },
  };
}

const CHALLENGE = 'Bearer realm="marserve"';
const INVALID_TOKEN = `${CHALLENGE}, error="invalid_token"`;

function assertToken(call: Call, name: KeyName, keys: Pick<TokenKeys, 'check'>): void {
  const header = call.header('authorization');
  if (header === undefined) {
    throw refusal(name, `No token came: send the ${name} key of the server's key file as "Authorization: Bearer KEY".`);
  }
  const [, token] = /^bearer +(\S+) *$/i.exec(header) ?? [];
  if (token === undefined) throw refusal(name, 'The header Authorization is not of the form "Bearer KEY".');
  const state = keys.check(name, token);
  if (state.kind === 'valid') return;
  const reason =
    state.kind === 'wrong'
      ? `It is not the ${name} key; each start of the server makes new ones.`
      : `It expired at ${state.since}: /token?type=${name} at the management address makes a new one.`;
  throw refusal(name, reason, INVALID_TOKEN);
}

function refusal(name: KeyName, reason: string, challenge = CHALLENGE): ServeError {
  const what = name === 'API' ? 'Authentication' : 'Authorization';
  const beginning = `Token ${what} failed. Token either incorrect, expired, or not provided correctly`;
  return new ServeError('unauthenticated', `${beginning}. ${reason}`, { challenge });
}
