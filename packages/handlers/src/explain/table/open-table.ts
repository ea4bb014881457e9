/** The table that a handler's model is. */
import type { ModelContext } from '../../handler.ts';
import type { TableOptions } from '../explainer-options.ts';
import type { ExplainedHandler } from '../explainer.ts';
import { isStaged } from '../staged-handler.ts';
import { tabularNames } from './feature-names.ts';
import { plainTable } from './plain-table.ts';
import { stagedTable } from './staged-table.ts';
import type { Table } from './table.ts';

/** Of stages the middle runs alone; any other handler gets rows. @throws Error for a model whose inputs are no tables */
export function openTable(
  handler: ExplainedHandler,
  { modelConfig }: ModelContext,
  { features, output }: Partial<Pick<TableOptions, 'features' | 'output'>>,
): Table {
  if (isStaged(handler.instance)) return stagedTable(handler.instance, output);
  return plainTable(handler, { features: features ?? tabularNames(modelConfig), output });
}
