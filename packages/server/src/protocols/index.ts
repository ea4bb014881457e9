/** The protocols that are spoken, the default one first: it answers what nobody knows. */
import type { ProtocolEntry } from './protocol.ts';

export const PROTOCOLS: readonly ProtocolEntry[] = [
  {
    name: 'torchserve',
    load: async () => (await import('./torchserve/protocol.ts')).torchserve,
    loadCodec: async () => (await import('./torchserve/codec.ts')).torchserveCodec,
  },
  {
    name: 'oip',
    load: async () => (await import('./oip/protocol.ts')).oip,
    loadCodec: async () => (await import('./oip/codec.ts')).oipCodec,
  },
];
