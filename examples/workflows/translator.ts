import path from 'node:path';
import { createTensor, openSession, type ModelContext, type OnnxSession, type Row } from '@marserve/handlers';

let session: OnnxSession;

export async function initialize({ modelDir, manifest }: ModelContext): Promise<void> {
  session = await openSession(path.join(modelDir, manifest.model.serializedFile ?? ''));
}

/** Word for word: the words of all texts of the batch at once. What the model does not know stays as it is. */
export async function translate(rows: Row[]): Promise<object[]> {
  const texts = rows.map(({ data, body }) => String(data ?? body).trim());
  const words = texts.flatMap(wordsOf);
  const { translated } = await session.run({ words: createTensor('string', [words.length], words) });
  const known = (translated?.data as string[]).values();
  return texts.map((input) => ({ input, output: input.replace(WORD, (word) => known.next().value || word) }));
}

const WORD = /\p{L}+/gu;
const wordsOf = (text: string) => text.match(WORD) ?? [];
