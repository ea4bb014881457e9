/** Models of a workflow whose archives are not where a server would look for them. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { specSentences, type SpecText } from '../spec-error.ts';
import type { WorkflowSpec } from '../workflow-spec.ts';

const ADDRESS = /^[a-z][a-z\d+.-]*:/i;

/**
 * @param exportPath where the workflow goes, which is often the model store
 * @returns sentences with file and line
 */
export function absentModels(source: SpecText, { nodes }: WorkflowSpec, exportPath = '.'): string[] {
  const folders = [exportPath, dirname(source.file), '.'];
  const isThere = (url: string): boolean =>
    ADDRESS.test(url) || folders.some((folder) => existsSync(join(folder, url)));
  const absent = nodes.filter((node) => node.kind === 'model' && !isThere(node.url));
  return specSentences(
    source,
    absent.map(({ name }) => ({
      path: ['models', name, 'url'],
      message: 'there is no such archive here yet: the server looks for it in its model store',
    })),
  );
}
