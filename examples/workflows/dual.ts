import type { Row } from '@marserve/handlers';

interface Translation {
  readonly input: string;
  readonly output: string;
}

/** A workflow has one start; both models get the text as it is. */
export const pre_processing = (rows: Row[]) => rows.map(({ data, body }) => data ?? body);

/** Gets from two nodes, by their names. */
export const aggregate_output = (rows: Row[]) =>
  rows.map(({ nmt_en_de, nmt_en_fr }) => {
    const [german, french] = [nmt_en_de, nmt_en_fr].map((answer) => JSON.parse(String(answer)) as Translation);
    return { english_input: german.input, german_translation: german.output, french_translation: french.output };
  });
