/** Configurations in folders of their own. */
import { ConfigError } from '../config/config-error.ts';
import { loadConfig, type ConfigSources } from '../config/load.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface Given extends Partial<ConfigSources> {
  /** Lines of `config.properties`; the model store is added. */
  readonly file?: string;
  /** Further files by name. */
  readonly files?: Readonly<Record<string, string>>;
}

export async function sourcesOf({ file = '', files = {}, ...sources }: Given): Promise<ConfigSources> {
  const cwd = await temporaryFolder({ 'config.properties': `${file}\nmodel_store=.\n`, ...files });
  return { env: {}, cwd, ...sources };
}

export const load = async (given: Given = {}) => loadConfig(await sourcesOf(given));

export async function problemsOf(given: Given): Promise<readonly string[]> {
  try {
    await load(given);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
