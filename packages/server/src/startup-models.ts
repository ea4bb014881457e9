/** Loads the models of a start, one after the other, and follows each until its workers are ready. */
import type { ServerConfig } from './config/schema.ts';
import type { ControlPlane, Registered } from './core/control-plane.ts';
import type { RegisterOptions } from './core/registry/register-options.ts';
import { messageOf, ServeError } from './core/errors.ts';
import type { Logger } from './core/logger.ts';
import type { ModelKey } from './core/model-key.ts';
import { compareVersions } from './core/registry/compare-versions.ts';
import type { VersionSnapshot } from './core/registry/registry-snapshot.ts';
import { redactSecrets } from './core/redact-secrets.ts';
import type { Deployments } from './deployment/deployments.ts';
import { readDeploymentFile } from './deployment/read-deployment-file.ts';
import {
  isNamed,
  isSameAddress,
  parseItem,
  type PlannedModel,
  type StartupItem,
  type StartupPlan,
} from './startup-plan.ts';

/** What became of a model of the start; the label is the plan's. */
export type StartupOutcome = { readonly label: string } & (
  | { readonly kind: 'ready'; readonly key: ModelKey; readonly workers: number; readonly ms: number }
  | { readonly kind: 'failed'; readonly reason: string }
  /** It is there already, under another label. */
  | { readonly kind: 'known' }
);

/** What a start works with. */
export interface StartupParts {
  /** Defaults and limits of the versions. */
  readonly config: ServerConfig;
  /** Registers them. */
  readonly controlPlane: ControlPlane;
  /** Makes models of files. */
  readonly deployments: Deployments;
  /** Is told what could not be loaded, and why. */
  readonly logger: Logger;
  /** Called once for each model of the plan, when its workers are ready or it is known that they are not. */
  readonly report: (outcome: StartupOutcome) => void;
}

/** Resolves when each model is registered, or has failed, which is an error in the log and does not stop the others. */
export async function loadStartupModels(plan: StartupPlan, parts: StartupParts): Promise<void> {
  const failures = await restoreAll(plan, parts);
  for (const item of plan.named) await loadNamed(item, { plan, failures }, parts);
  for (const { model, reason } of failures) fail(model, reason, parts);
  for (const model of plan.models) if (model.file !== undefined) await applyFile(model, model.file, parts);
  await parts.controlPlane.recordStart();
}

/** A version that could not be restored. */
interface Failure {
  readonly model: PlannedModel;
  readonly version: VersionSnapshot;
  readonly reason: string;
}

async function restoreAll(plan: StartupPlan, parts: StartupParts): Promise<Set<Failure>> {
  const failures = new Set<Failure>();
  let restored = 0;
  for (const model of plan.models) {
    const { restored: version, url } = model;
    if (version === undefined) continue;
    const startedAt = performance.now();
    try {
      follow(model, { startedAt, registered: await parts.controlPlane.restore(version, waiting(parts)) }, parts);
      restored += 1;
    } catch (error) {
      const reason = messageOf(error);
      failures.add({ model, version, reason });
      const facts = { model: version.key.name, version: version.key.version, url, reason };
      parts.logger.error('a model could not be restored; the next start tries again, unless it is unregistered', facts);
    }
  }
  if (plan.found !== undefined && restored + failures.size + plan.named.length > 0) {
    const advice = 'load_models adds only what it did not name before; --no-config-snapshots starts afresh';
    parts.logger.info('models restored', { restored, failed: failures.size, file: plan.found.file, advice });
  }
  return failures;
}

interface Progress {
  readonly plan: StartupPlan;
  /** What is made good is taken out. */
  readonly failures: Set<Failure>;
}

/** Loads what the earlier daemon was not told to load, or this one could not restore. */
async function loadNamed(item: string, { plan, failures }: Progress, parts: StartupParts): Promise<void> {
  const { controlPlane, logger } = parts;
  const { name, url } = parseItem(item);
  const retried = [...failures].filter(({ version }) => isOf(version, { name, url }));
  const added = plan.models.find((each) => isNamed(each, item));
  const model = added ?? retried[0]?.model;
  if (model === undefined) return;
  const startedAt = performance.now();
  try {
    const registration = { url, modelName: name, loadedAtStartup: true };
    const registered = await controlPlane.register(registration, { staysOnFailure: true, ...waiting(parts) });
    makeDefault(registered, url, parts);
    await forgetReplaced(failures, url, parts);
    for (const failure of retried) settle(failure, { failures, isFollowed: failure.model === model }, parts);
    follow(model, { startedAt, registered }, parts);
  } catch (error) {
    if (added !== undefined && isRestored(error, plan)) return know(added, parts);
    logger.error('a model could not be loaded at the start', { url, reason: messageOf(error) });
    if (added !== undefined) fail(added, messageOf(error), parts);
  }
}

/** What models of the start ask may be loaded after them. */
function waiting({ config }: StartupParts): Pick<RegisterOptions, 'needsTimeoutMs'> {
  return { needsTimeoutMs: config.waitForNodes * 1000 };
}

function isOf({ key, registration }: VersionSnapshot, { name, url }: StartupItem): boolean {
  return isSameAddress(registration.url, url) && (name === undefined || key.name === name);
}

/** Of the versions of a folder, a new one is the default one where it is the newest. */
function makeDefault({ key }: Registered, url: string, { config, controlPlane }: StartupParts): void {
  const { registry } = controlPlane;
  const others = registry.versionsOf(key.name).map((each) => each.key.version);
  const isNewest = /\/\d+$/.test(url) && others.every((version) => compareVersions(version, key.version) <= 0);
  if (isNewest || config.models?.[key.name]?.[key.version]?.defaultVersion) registry.setDefault(key);
}

/** Resolves when its models are ready, or it is known that they are not. */
async function applyFile(model: PlannedModel, file: string, parts: StartupParts): Promise<void> {
  const { controlPlane, deployments, logger, report } = parts;
  const startedAt = performance.now();
  try {
    const { models } = await deployments.apply(await readDeploymentFile(file));
    controlPlane.registry.startup.loaded(model);
    const [key] = models.slice(-1);
    const ms = Math.round(performance.now() - startedAt);
    if (key !== undefined) report({ label: model.label, kind: 'ready', key, workers: models.length, ms });
  } catch (error) {
    logger.error('a file could not be applied at the start', { file, reason: messageOf(error) });
    fail(model, messageOf(error), parts);
  }
}

/** The archive holds another version now than the one that could not be restored from it. */
async function forgetReplaced(
  failures: ReadonlySet<Failure>,
  url: string,
  { controlPlane }: StartupParts,
): Promise<void> {
  for (const { version } of failures) {
    const { key, registration } = version;
    if (isSameAddress(registration.url, url) && !controlPlane.registry.find(key)) {
      await controlPlane.unregister(key.name, key.version);
    }
  }
}

interface Settlement {
  readonly failures: Set<Failure>;
  /** Whether it stands for what was loaded in its place. */
  readonly isFollowed: boolean;
}

function settle(failure: Failure, { failures, isFollowed }: Settlement, parts: StartupParts): void {
  failures.delete(failure);
  if (!isFollowed) know(failure.model, parts);
}

/** Whether it is no failure that `load_models` names something, because it is there already. */
function isRestored(error: unknown, { found }: StartupPlan): boolean {
  return found !== undefined && error instanceof ServeError && error.code === 'already_registered';
}

function know(model: PlannedModel, { controlPlane, report }: StartupParts): void {
  controlPlane.registry.startup.loaded(model);
  report({ label: model.label, kind: 'known' });
}

function fail(model: PlannedModel, message: string, { controlPlane, report }: StartupParts): void {
  const reason = redactSecrets(message);
  controlPlane.registry.startup.failed(model, reason);
  report({ label: model.label, kind: 'failed', reason });
}

interface Loading {
  /** When its loading began, by the clock in milliseconds. */
  readonly startedAt: number;
  readonly registered: Registered;
}

/** Its workers start while the next model is loaded. */
function follow(model: PlannedModel, { startedAt, registered }: Loading, parts: StartupParts): void {
  const { key, workers, started } = registered;
  const { registry } = parts.controlPlane;
  const { label } = model;
  registry.startup.loaded(model, registry.find(key));
  void started.then(
    () => {
      const ms = Math.round(performance.now() - startedAt);
      parts.logger.info('model is ready', { model: key.name, version: key.version, workers, ms });
      parts.report({ label, kind: 'ready', key, workers, ms });
    },
    (error: unknown) => {
      const reason = messageOf(error);
      parts.logger.error('model is not ready', { model: key.name, version: key.version, reason });
      parts.report({ label, kind: 'failed', reason });
    },
  );
}
