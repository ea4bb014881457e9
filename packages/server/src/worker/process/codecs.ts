/** The codecs of all protocols by name. */
import type { Codec } from '../../protocols/codec.ts';
import { torchserveCodec } from '../../protocols/torchserve/codec.ts';

const CODECS: Readonly<Record<string, Codec>> = { torchserve: torchserveCodec };

/** @throws Error for a name that no protocol has */
export function codecFor(name: string): Codec {
  const codec = CODECS[name];
  if (codec === undefined) throw new Error(`no codec is called "${name}"`);
  return codec;
}
