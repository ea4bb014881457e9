/** Keys that both methods for images have, and which outputs are explained. */
import { oneOf, string, type ConfigReaders } from '../../model-config.ts';
import { askingReaders, type AskingOptions } from '../asking.ts';
import { commonReaders, type CommonOptions } from '../explainer-options.ts';
import type { Scores } from '../scores.ts';

/** Of `occlusion` and `lime_image`. */
export interface ImageOptions extends CommonOptions, AskingOptions {
  /** The key of an answer that has the scores, where it has several. */
  readonly output: string;
  /** What covers a part of the image. */
  readonly fill: 'segment' | 'mean' | 'zero';
}

/** How they are read. */
export const imageReaders: ConfigReaders<ImageOptions> = {
  ...commonReaders,
  ...askingReaders,
  output: string,
  fill: oneOf('segment', 'mean', 'zero'),
};

/** Places of the outputs that are explained: all, or the one with the highest score. */
export function chosenOutputs({ values }: Scores, classes: 'all' | 'top'): number[] {
  return classes === 'all' ? values.map((_, output) => output) : [values.indexOf(Math.max(...values))];
}
