/** What Triton's clients may ask for, and this server does not do: they are told why. */
import { ServeError } from '../../../core/errors.ts';
import type { Endpoint } from '../../endpoint.ts';

const REST = {
  name: 'rest',
  in: 'path',
  type: 'string',
  description: 'What is asked of the regions',
  required: true,
} as const;

/** Shared memory, of the system and of CUDA. */
export function createRefusedEndpoints(): Endpoint[] {
  return ['systemsharedmemory', 'cudasharedmemory'].map((kind) => ({
    audience: 'inference',
    method: '*',
    path: `/v2/${kind}/{rest*}`,
    operationId: `oip_${kind}`,
    summary: 'Shared memory, which is refused',
    parameters: [REST],
    responses: { 501: 'Send tensors as JSON or as binary data' },
    handle() {
      const message = 'Shared memory is not spoken here: send tensors as JSON or as binary data';
      return Promise.reject(new ServeError('not_implemented', message));
    },
  }));
}
