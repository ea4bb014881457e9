/** Whether the functions of a workflow have a handler that can run them. */
import { extname } from 'node:path';
import { functionsOf, type WorkflowSpec } from './workflow-spec.ts';

const MODULES = ['.mjs', '.js', '.cjs'];

/** @param handler as the manifest names it @returns a sentence, where the spec has functions and they cannot be called */
export function handlerProblem(spec: WorkflowSpec, handler: string | undefined): string | undefined {
  const functions = functionsOf(spec);
  if (functions.length === 0 || (handler !== undefined && MODULES.includes(extname(handler)))) return undefined;
  const named = functions.length === 1 ? `the function ${functions[0]}` : `the functions ${functions.join(', ')}`;
  if (handler === undefined) {
    return `its spec needs ${named} of a handler, and it has none: give one by --handler, or put these nodes under models.`;
  }
  const problem =
    extname(handler) === '.py' ? 'is written in Python, which TorchServe runs' : 'is no JavaScript module';
  return (
    `its spec needs ${named} of the handler ${handler}, which ${problem}: write them in TypeScript or JavaScript, ` +
    'and package the workflow again by model-archiver workflow --handler FILE.ts (docs/workflows.md says how).'
  );
}
