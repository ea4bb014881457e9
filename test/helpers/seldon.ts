/** Asks in Seldon's protocol. */
import { EVERYTHING } from '../fixtures/seldon-components.ts';
import { addArchive } from './archives.ts';
import { startDaemon, type Daemon } from './daemon.ts';
import type { GrpcService } from './grpc-client.ts';

/** The body as JSON, unless it is a text or a form. */
export async function askSeldon(
  url: string,
  body: unknown,
  headers: Record<string, string> = { 'content-type': 'application/json' },
) {
  const bytes = body instanceof FormData ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const answer = await fetch(url, { method: 'POST', body: bytes, headers });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, never> };
}

/** Its services of gRPC. */
export const seldonService = (name: string): GrpcService => ({
  file: 'seldon/prediction.proto',
  service: `seldon.protos.${name}`,
  oneofs: true,
});

const PARAMETERS = [
  ['int', '3', 'INT'],
  ['float', '.5', 'FLOAT'],
  ['double', '1e3', 'DOUBLE'],
  ['text', '3', 'STRING'],
  ['yes', 'True', 'BOOL'],
].map(([name, value, type]) => ({ name, value, type }));

/** A daemon in the place of the wrapper, with the component that has all that one may have. */
export function startWrapper(): Promise<Daemon> {
  return startDaemon({
    args: ['--profile', 'seldon', '--models', 'everything.mar'],
    env: {
      PREDICTIVE_UNIT_ID: 'unit',
      MODEL_METADATA: 'platform: seldon\ninputs: [{ messagetype: tensor, schema: { names: [a], shape: [1] } }]',
      PREDICTIVE_UNIT_IMAGE: 'some/image:1.2',
      PREDICTIVE_UNIT_PARAMETERS: JSON.stringify(PARAMETERS),
    },
    fill: (store) => addArchive(store, { name: 'everything', source: EVERYTHING }),
  });
}
