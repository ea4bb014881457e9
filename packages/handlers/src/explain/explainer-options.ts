/** Keys of the section `explainer` that several methods have. */
import { integer, listOf, oneOf, readSection, string, type ConfigReaders } from '../model-config.ts';
import type { ModelContext } from '../handler.ts';

/** Of every method. */
export interface CommonOptions {
  /** The method. */
  readonly method: string;
  /** Of everything that is drawn by chance: the same seed gives the same answer. Default 0. */
  readonly seed: number;
  /** Whether all classes (outputs) are explained, or the one with the highest score alone. */
  readonly classes: 'all' | 'top';
}

/** Of the methods for tables. */
export interface TableOptions extends CommonOptions {
  /** Names of the features, for the answer. */
  readonly features: readonly string[];
  /** The key of an answer that has the scores, where it has several. */
  readonly output: string;
}

/** Of the methods that compare with a background. */
export interface BackgroundOptions {
  /** A file of the archive (`.csv`, `.npy`, `.json`) with samples that features are like when they are not known. */
  readonly background: string;
  /** So many weighted means stand for the samples of the background; by default they all stand for themselves. */
  readonly clusters: number;
}

/** How the keys of every method are read. */
export const commonReaders: ConfigReaders<CommonOptions> = {
  method: string,
  seed: integer(0, 2 ** 32 - 1),
  classes: oneOf('all', 'top'),
};

/** How those of tables are read. */
export const tableReaders: ConfigReaders<TableOptions> = { ...commonReaders, features: listOf(string), output: string };

/** How those of backgrounds are read. */
export const backgroundReaders: ConfigReaders<BackgroundOptions> = { background: string, clusters: integer(1) };

/** The section of a model. @throws Error for an unknown key or a wrong value */
export function readExplainerSection<T extends object>(context: ModelContext, readers: ConfigReaders<T>): Partial<T> {
  return readSection<T>(context.modelConfig, 'explainer', readers);
}
