/** The table that a handler's model is. */
import type { ModelContext } from '../../handler.ts';
import type { TableOptions } from '../explainer-options.ts';
import type { ExplainedHandler } from '../explainer.ts';
import { asksPredictor } from '../predicted-handler.ts';
import { isStaged } from '../staged-handler.ts';
import { tabularNames } from './feature-names.ts';
import { plainTable } from './plain-table.ts';
import { predictedTable } from './predicted-table.ts';
import { stagedTable } from './staged-table.ts';
import type { Table } from './table.ts';

/** Of stages the middle runs alone; any other handler gets rows. @throws Error for a model whose inputs are no tables */
export function openTable(
  handler: ExplainedHandler,
  { modelConfig }: ModelContext,
  { features, output }: Partial<Pick<TableOptions, 'features' | 'output'>>,
): Table {
  if (isStaged(handler.instance)) return stagedTable(handler.instance, output);
  const options = { features: features ?? tabularNames(modelConfig), output };
  return asksPredictor(handler.instance) ? predictedTable(handler, options) : plainTable(handler, options);
}
