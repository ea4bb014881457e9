/** The golden requests of all protocols. */
import { ServeError } from './core/errors.ts';
import type { GoldenCodec, GoldenRequest } from './core/golden/golden-check.ts';
import type { Protocol } from './protocols/protocol.ts';

/** @param main name of the protocol of requests that name none */
export function createGoldenCodecs(
  protocols: readonly (Pick<Protocol, 'goldenCodec'> & { readonly name: string })[],
  main: string,
): GoldenCodec {
  const codecs = new Map(
    protocols.flatMap(({ name, goldenCodec }) => (goldenCodec === undefined ? [] : [[name, goldenCodec]])),
  );
  const codecOf = ({ name, protocol = main }: GoldenRequest): GoldenCodec => {
    const codec = codecs.get(protocol);
    if (codec !== undefined) return codec;
    const expected = `one of ${[...codecs.keys()].join(', ')}`;
    const message = `The golden request "${name}" has the protocol "${protocol}"; expected ${expected}.`;
    throw new ServeError('invalid_archive', message);
  };
  return {
    toJob: (request) => codecOf(request).toJob(request),
    toAnswer: (outcome, request) => codecOf(request).toAnswer(outcome, request),
  };
}
