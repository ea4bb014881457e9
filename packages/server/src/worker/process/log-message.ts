/** A handler's log line as a message; logging must neither throw nor break the wire, whatever is logged. */
import { inspect } from 'node:util';
import { isDeeper } from '../../wire/is-deeper.ts';
import { MAX_LOG_DEPTH, type LogMessage } from '../../wire/worker-message.ts';

const MAX_MESSAGE_CHARS = 8192;
const MAX_FIELDS_CHARS = 65_536;

/**
 * Makes one; the text is cut at 8,192 characters, and fields that JSON cannot hold, or that are longer than 64 K
 * characters, become a text that shows them.
 */
export function logMessage(level: LogMessage['level'], message: unknown, fields?: object): LogMessage {
  const text = (typeof message === 'string' ? message : inspect(message)).slice(0, MAX_MESSAGE_CHARS);
  return { kind: 'log', level, message: text, ...(fields !== undefined && { fields: plainFields(fields) }) };
}

/** The fields themselves when JSON can hold them and they are not too large; a text that shows them otherwise. */
function plainFields(fields: object): Readonly<Record<string, unknown>> {
  try {
    const json = JSON.stringify(fields, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    if (json.length <= MAX_FIELDS_CHARS) return shallow(JSON.parse(json) as Record<string, unknown>);
    return { cut: json.slice(0, MAX_FIELDS_CHARS) };
  } catch {
    return { shown: inspect(fields, { depth: 4 }).slice(0, MAX_FIELDS_CHARS) };
  }
}

function shallow(fields: Record<string, unknown>): Record<string, unknown> {
  return isDeeper(fields, MAX_LOG_DEPTH) ? { shown: inspect(fields, { depth: 4 }) } : fields;
}
