/** A batch as a worker gets it. */
import { FrameReader, type Frame } from '../wire/frame.ts';
import { encodeRun, payloadOf, type SentInput, type SentRequest } from '../wire/run-message.ts';

/** A request with one input; what is not said of it is as small as can be. */
export interface ScriptedRequest extends Partial<Omit<SentRequest, 'inputs'>>, Partial<Omit<SentInput, 'chunks'>> {
  /** The content of its input. */
  readonly body: Uint8Array | string;
}

/** The frame of a batch of predictions. */
export function scriptedRun(id: number, requests: readonly ScriptedRequest[]): Frame {
  const sent = requests.map((request, index): SentRequest => {
    const {
      requestId = `request-${index}`,
      codec = 'torchserve',
      headers = [],
      name = 'body',
      contentType = '',
    } = request;
    const chunks = [Buffer.from(request.body as string)];
    return { requestId, codec, headers, inputs: [{ name, contentType, chunks }] };
  });
  const message = { kind: 'run', id, operation: 'predict', requests: sent } as const;
  const bytes = Buffer.concat(encodeRun(message, payloadOf(sent)));
  const [frame] = new FrameReader({ maxBytes: Infinity, maxHeaderBytes: Infinity, maxBytesAhead: Infinity }).push(
    bytes,
  );
  if (frame === undefined) throw new Error('the frame of a batch is not whole');
  return frame;
}
