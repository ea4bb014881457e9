/** What the server is, in the protocol's words; those of REST and gRPC are the same. */
import type { Planes } from '../../protocol.ts';
import { inferenceExtensions, managementExtensions } from './extensions.ts';

/** As clients get it. */
export interface ServerMetadata {
  /** Of the product. */
  readonly name: string;
  /** Of the product. */
  readonly version: string;
  /** What works beyond the protocol itself. */
  readonly extensions: readonly string[];
}

/** @param audience whoever asks: each address tells what works there */
export function serverMetadata(planes: Planes, audience: 'inference' | 'management' = 'inference'): ServerMetadata {
  const extensions = audience === 'inference' ? inferenceExtensions(planes) : managementExtensions(planes);
  return { name: 'marserve', version: planes.serverVersion, extensions };
}
