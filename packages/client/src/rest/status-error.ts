/** An answer that is no success, as an error. */
import { ClientError } from '../client-error.ts';
import { isRecord } from '../json/is-record.ts';
import type { Host } from '../hosts/host.ts';
import type { TransportResponse } from '../platform/platform.ts';

/** So much of the text is kept. */
const MOST_TEXT_BYTES = 64 * 1024;
const MOST_SHOWN = 500;

/** Reads what the server says of it. */
export async function statusError({ url: host }: Host, response: TransportResponse): Promise<ClientError> {
  const { status, headers } = response;
  const text = await beginning(response);
  const reason = reasonIn(text).slice(0, MOST_SHOWN);
  const message = `${host} answered ${status}${reason === '' ? '' : `: ${reason}`}`;
  return new ClientError(message, { kind: 'status', host, status, text, headers });
}

/** What comes before the connection breaks off is enough. */
async function beginning(response: TransportResponse): Promise<string> {
  const decoder = new TextDecoder();
  let [text, length] = ['', 0];
  try {
    for await (const chunk of response.chunks()) {
      const piece = chunk.subarray(0, MOST_TEXT_BYTES - length);
      length += piece.byteLength;
      text += decoder.decode(piece, { stream: true });
      if (length === MOST_TEXT_BYTES) break;
    }
  } catch {
    return text;
  }
  return text;
}

/** Where the protocols have it. */
const KEYS = ['error', 'message', 'detail', 'error_message'] as const;

function reasonIn(text: string): string {
  const body = parsed(text);
  if (!isRecord(body)) return text.trim();
  // Seldon's errors are in what its messages call their status.
  const { info } = isRecord(body['status']) ? body['status'] : {};
  const reason = [...KEYS.map((key) => body[key]), info].find((value) => typeof value === 'string');
  return typeof reason === 'string' ? reason : text.trim();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
