/** Reads the model's YAML file as a server will. */
import { readFile } from 'node:fs/promises';
import { ModelConfigError, readModelConfig, type ModelConfigFile } from './model-config/index.ts';
import type { PackageOptions } from './package-options.ts';
import { PackagingError } from './packaging-error.ts';

/** @throws PackagingError with everything that is wrong, a line each */
export async function checkModelConfig({ configFile, onWarning }: PackageOptions): Promise<void> {
  if (configFile === undefined) return;
  const { warnings } = read(await readFile(configFile, 'utf8'), configFile);
  for (const warning of warnings) onWarning?.(`${configFile}: ${warning}`);
}

function read(text: string, file: string): ModelConfigFile {
  try {
    return readModelConfig(text);
  } catch (error) {
    if (!(error instanceof ModelConfigError)) throw error;
    const problems = error.problems.map((problem) => `${file} (--config-file): ${problem}`);
    throw new PackagingError('invalid_option', problems.join('\n'), { cause: error });
  }
}
