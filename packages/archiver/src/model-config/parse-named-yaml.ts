/** Reads the YAML of a file that somebody wrote: what is wrong is said with its place. */
import { messageOf } from '../format/archive-error.ts';
import { parseYaml } from './parse-yaml.ts';

/** As `parseYaml`. @param file as messages name it @throws Error such as `graph.yaml:3:1: expected YAML or JSON: …` */
export function parseNamedYaml(text: string, file: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    const [, reason = '', line, column] = /^([^]*?)(?: at line (\d+), column (\d+))?$/.exec(messageOf(error)) ?? [];
    const place = line === undefined ? file : `${file}:${line}:${column}`;
    throw new Error(`${place}: expected YAML or JSON: ${reason}`, { cause: error });
  }
}
