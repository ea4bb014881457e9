/** What is wrong with a graph, with the line of its file. */
import { nearest } from '../command-line/nearest.ts';
import { messageOf } from '../format/archive-error.ts';
import { findYamlValue } from '../model-config/yaml-places.ts';
import { PackagingError } from '../packaging-error.ts';

/** The file that has the graph. */
export interface GraphText {
  /** As messages name it. */
  readonly file: string;
  /** Its content. */
  readonly text: string;
  /** Whether it is the graph alone, without the section `graph` around it. */
  readonly isBare: boolean;
}

/** @param error that names what is wrong by its path, such as `graph.sequence[1].retry` */
export function graphError({ file, text, isBare }: GraphText, error: unknown): PackagingError {
  const message = messageOf(error).replace(/^Model config: /, '');
  const path = /\bgraph\b(.*)$/su.exec(message)?.[1] ?? '';
  const { line, column, key = '' } = findYamlValue(text, isBare ? path : `.graph${path}`);
  const known = /^unknown .*; known are (.+)$/s.exec(message)?.[1]?.split(', ');
  const hint = known === undefined ? '' : `.${nearest(key, known)}`;
  return new PackagingError('invalid_option', `${file}:${line}:${column}: ${message}${hint}`, { cause: error });
}
