import type { Row } from '@marserve/handlers';

interface Translation {
  readonly input: string;
  readonly output: string;
}

/** Of what the first model gave, the German text alone. */
export const prep_intermediate_input = (rows: Row[]) => rows.map((row) => translationIn(row).output);

export const post_processing = (rows: Row[]) =>
  rows.map((row) => {
    const { input, output } = translationIn(row);
    return { german_translation: input, english_re_translation: output };
  });

function translationIn({ body }: Row): Translation {
  return JSON.parse(String(body)) as Translation;
}
