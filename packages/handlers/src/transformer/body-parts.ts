/** The body of an answer as it comes, as parts of its kind. */
import type { AnswerPart } from '../context/ask-model.ts';

/** @param contentType known when the first bytes are there: texts, which may be cut anywhere, are texts, anything else bytes */
export async function* bodyParts(
  chunks: AsyncIterable<Uint8Array>,
  contentType: () => string,
): AsyncGenerator<AnswerPart, void> {
  const decoder = new TextDecoder();
  let isText: boolean | undefined;
  for await (const chunk of chunks) {
    isText ??= /^(?:text\/|application\/json)/i.test(contentType());
    const value = isText ? decoder.decode(chunk, { stream: true }) : chunk;
    if (value.length > 0) yield { row: 0, value };
  }
  const rest = decoder.decode();
  if (rest !== '') yield { row: 0, value: rest };
}
