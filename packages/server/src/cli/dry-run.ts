/** `--apply FILE --dry-run`: what would be registered, for people. */
import { readWorkflow } from '@marserve/archiver/workflow';
import { loadConfig, type ConfigSources } from '../config/load.ts';
import { messageOf } from '../core/errors.ts';
import { makePlan } from '../deployment/make-plan.ts';
import type { DeploymentPlan, PlannedModel } from '../deployment/plan.ts';
import { readDeploymentFile } from '../deployment/read-deployment-file.ts';
import { planArchive } from '../deployment/workflows/plan-archive.ts';
import { CliError } from './cli-error.ts';

/** @returns lines of text @throws CliError with file and line for what cannot be read; ConfigError */
export async function dryRun(sources: ConfigSources): Promise<string> {
  const { apply = [], archives = {} } = loadConfig(sources).config;
  const texts: string[] = [];
  for (const file of apply) {
    const { models, notes } = await read(file, archives);
    const warnings = notes.map(({ file: name, line, text }) => `WARNING - ${name}:${line}: ${text}`);
    texts.push([`${file}:`, ...models.map(lineOf), ...warnings].join('\n'));
  }
  return texts.join('\n\n');
}

async function read(path: string, archives: Readonly<Record<string, string>>): Promise<DeploymentPlan> {
  try {
    const file = await readDeploymentFile(path);
    if ('archive' in file) return planArchive(await readWorkflow(file.archive), file.archive);
    return makePlan(file.text, file.name, { archives, registered: {} });
  } catch (error) {
    throw new CliError(messageOf(error));
  }
}

function lineOf({ name, source, config = {}, stands }: PlannedModel): string {
  const from = 'url' in source ? source.url : `the built-in handler ${source.handler}`;
  const keys = Object.keys(config).length === 0 ? '' : ` with ${JSON.stringify(config)}`;
  return `  ${name} (${stands}): ${from}${keys}`;
}
