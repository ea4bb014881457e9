/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) whose data are JSON objects. */
import { ClientError } from '../client-error.ts';
import { isRecord } from '../json/is-record.ts';
import { parseJson } from '../json/parse-json.ts';

/** What stands behind the last event of some servers. */
const END = '[DONE]';

/** @throws ClientError `status` for an event with the key `error` alone, `answer` for one that is no object */
export async function* readEvents(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Readonly<Record<string, unknown>>, void> {
  let data: string[] = [];
  for await (const line of readLines(chunks)) {
    if (line.startsWith('data:')) data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
    if (line !== '' || data.length === 0) continue;
    const text = data.join('\n');
    data = [];
    if (text === END) return;
    yield eventOf(text);
  }
}

function eventOf(text: string): Readonly<Record<string, unknown>> {
  const event = parsed(text);
  if (!isRecord(event)) {
    throw new ClientError(`expected an event that is a JSON object, got "${text.slice(0, 100)}"`, {
      kind: 'answer',
      text,
    });
  }
  if (typeof event.error === 'string' && Object.keys(event).length === 1) {
    throw new ClientError(event.error, { kind: 'status', text });
  }
  return event;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
