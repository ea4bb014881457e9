/** Reads the model's YAML file as a server will. */
import { readFile } from 'node:fs/promises';
import { ModelConfigError, readModelConfig, type ModelConfigFile } from '../model-config/index.ts';
import { PackagingError } from '../packaging-error.ts';

/** @throws PackagingError with everything that is wrong, a line each */
export async function readConfigFile(file: string): Promise<ModelConfigFile> {
  const text = await readFile(file, 'utf8');
  try {
    return readModelConfig(text);
  } catch (error) {
    if (!(error instanceof ModelConfigError)) throw error;
    const problems = error.problems.map((problem) => `${file} (--config-file): ${problem}`);
    throw new PackagingError('invalid_option', problems.join('\n'), { cause: error });
  }
}
