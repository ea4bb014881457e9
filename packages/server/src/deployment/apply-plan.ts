/** Registers what a plan has: what is there already stays, what is another takes its place, and a failure takes back what was new. */
import { isDeepStrictEqual } from 'node:util';
import type { ControlPlane } from '../core/control-plane.ts';
import { messageOf, ServeError, toServeError } from '../core/errors.ts';
import type { Caller } from '../core/jobs/job.ts';
import type { Logger } from '../core/logger.ts';
import type { ModelKey } from '../core/model-key.ts';
import type { RegisteredVersion } from '../core/registry/registered-version.ts';
import type { Registration } from '../core/registry/registration.ts';
import { builtInUrl } from '../storage/built-in-model.ts';
import type { DeploymentPlan, PlannedModel } from './plan.ts';

/** What became of a model: it was there, is new, or has taken the place of the default version. */
export type AppliedHow = 'unchanged' | 'registered' | 'replaced';

/** A model of a plan that is registered. */
export interface AppliedModel extends ModelKey {
  /** What became of it. */
  readonly how: AppliedHow;
  /** What of the file it stands for. */
  readonly stands: string;
}

/** Who registers, and who hears of it. */
export interface ApplyParts {
  /** Registers them. */
  readonly controlPlane: ControlPlane;
  /** Told of what is taken back. */
  readonly logger: Logger;
  /** Whoever waits; see `RegisterOptions`. */
  readonly caller?: Caller;
}

/**
 * One after the other, in the order of the plan; resolves when all are ready.
 * @throws ServeError of the first that fails, which names it; models that were new are unregistered again
 */
export async function applyPlan({ models }: DeploymentPlan, parts: ApplyParts): Promise<AppliedModel[]> {
  const applied: AppliedModel[] = [];
  for (const model of models) {
    try {
      applied.push(await applyModel(model, parts));
    } catch (error) {
      const back = await takeBack(applied, parts);
      const { code, message } = toServeError(error);
      const advice = code === 'already_registered' ? SAME_VERSION : '';
      throw new ServeError(code, `Model "${model.name}" (${model.stands}): ${message}${advice}${back}`, {
        cause: error,
      });
    }
  }
  return applied;
}

const SAME_VERSION = '. It is registered with other settings, which only another version of the archive can have';

/** Resolves when it is ready. */
async function applyModel(model: PlannedModel, parts: ApplyParts): Promise<AppliedModel> {
  const { controlPlane, caller } = parts;
  const { name, stands } = model;
  const { registry } = controlPlane;
  const versions = registry.names().includes(name) ? registry.versionsOf(name) : [];
  const former = versions.find(({ key }) => registry.isDefault(key));
  if (former !== undefined && isSame(former, model)) return { ...former.key, how: 'unchanged', stands };
  const registration = registrationOf(
    model,
    versions.map(({ key }) => key.version),
  );
  const { key, started } = await controlPlane.register(registration, {
    replacesDefault: former !== undefined,
    caller,
  });
  await started;
  for (const each of model.supersedes ?? []) await removeSuperseded(each, parts);
  return { ...key, how: former === undefined ? 'registered' : 'replaced', stands };
}

/** One that another model needs by now stays. */
async function removeSuperseded(name: string, { controlPlane, logger }: ApplyParts): Promise<void> {
  if (!controlPlane.registry.names().includes(name)) return;
  try {
    for (const { key } of controlPlane.registry.versionsOf(name)) await controlPlane.unregister(name, key.version);
  } catch (error) {
    logger.warn('a model that was in use before is not unregistered', { model: name, reason: messageOf(error) });
  }
}

/** A service without workers would answer nobody. */
function registrationOf({ name, source, config }: PlannedModel, versions: readonly string[]): Registration {
  const url = 'url' in source ? source.url : builtInUrl({ ...source, version: nextVersion(versions) });
  return { url, modelName: name, config, leastWorkers: 1 };
}

/** 1.0, 2.0, …: the next of those that there are. */
function nextVersion(versions: readonly string[]): string {
  const numbers = versions.map((version) => Number.parseInt(version, 10)).filter((number) => number > 0);
  return `${Math.max(0, ...numbers) + 1}.0`;
}

function isSame({ registration }: RegisteredVersion, { source, config }: PlannedModel): boolean {
  const isSource =
    'url' in source ? registration.url === source.url : registration.url.startsWith(`handler:${source.handler}/`);
  return isSource && isDeepStrictEqual(registration.config ?? {}, config ?? {});
}

/** What was replaced is not there any more, and stays what it is now. @returns sentences for the error, behind its own */
async function takeBack(applied: readonly AppliedModel[], { controlPlane, logger }: ApplyParts): Promise<string> {
  const fresh = applied.filter(({ how }) => how === 'registered').toReversed();
  for (const { name, version } of fresh) {
    try {
      await controlPlane.unregister(name, version);
    } catch (error) {
      logger.error('a model could not be taken back', { model: name, version, reason: messageOf(error) });
    }
  }
  const replaced = applied.filter(({ how }) => how === 'replaced');
  return [
    ...(fresh.length === 0 ? [] : [`. Taken back: ${namesOf(fresh)}`]),
    ...(replaced.length === 0 ? [] : [`. Replaced before, and not put back: ${namesOf(replaced)}`]),
  ].join('');
}

function namesOf(models: readonly AppliedModel[]): string {
  return models.map(({ name }) => `"${name}"`).join(', ');
}
