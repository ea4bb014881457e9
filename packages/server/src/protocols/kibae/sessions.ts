/** Registered versions as sessions (protocols.md 6.4). */
import type { ControlPlane } from '../../core/control-plane.ts';
import { ServeError } from '../../core/errors.ts';
import type { Caller } from '../../core/jobs/job.ts';
import type { RegisteredVersion } from '../../core/registry/registered-version.ts';
import { signatureTexts } from './signature-texts.ts';

/** What clients are told of one. */
export interface Session {
  /** Name of the model. */
  readonly model: string;
  /** Its version. */
  readonly version: string;
  /** When its first worker was started, in seconds since 1970; 0 when none was. */
  readonly created_at: number;
  /** When it answered last, in seconds since 1970; 0 when it did not. */
  readonly last_executed_at: number;
  /** Requests that it answered. */
  readonly execution_count: number;
  /** Name → type and shape; empty while no worker has told. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The same. */
  readonly outputs: Readonly<Record<string, string>>;
  /** None here: how a model is run is in its archive. */
  readonly option: Readonly<Record<string, never>>;
}

/** @param registered a version */
export function describeSession({ key, serving }: RegisteredVersion): Session {
  const { figures, signature, runners } = serving;
  const startedAt = Math.min(...runners.map((runner) => runner.startedAt.getTime()));
  return {
    model: key.name,
    version: key.version,
    created_at: Number.isFinite(startedAt) ? Math.floor(startedAt / 1000) : 0,
    last_executed_at: Math.floor(figures.lastAnsweredAt / 1000),
    execution_count: figures.succeeded.count,
    inputs: signatureTexts(signature?.inputs ?? []),
    outputs: signatureTexts(signature?.outputs ?? []),
    option: {},
  };
}

/** Which model of the store is to become a session. */
export interface AskedSession {
  /** Name of the model. */
  readonly model: string;
  /** Its version. */
  readonly version: string;
}

/**
 * Registers the version, which the model store must hold, and resolves when it can serve.
 * @throws ServeError as `ControlPlane.register`; `model_not_found` for what the store does not hold
 */
export async function createSession(
  controlPlane: ControlPlane,
  { model, version }: AskedSession,
  caller: Caller,
): Promise<Session> {
  const { registry } = controlPlane;
  if (registry.find({ name: model, version }) !== undefined) {
    throw new ServeError('already_registered', `session already exists: ${model}/${version}`);
  }
  const archives = await controlPlane.archives();
  const archive = archives.find(({ key }) => key.name === model && key.version === version);
  if (archive === undefined) {
    const places = `${model}/${version}/model.onnx, ${model}/${version}.onnx or an archive of it`;
    throw new ServeError('archive_not_found', `model not found: ${model}/${version}. The model store needs ${places}`);
  }
  const workers = { min: 1, max: 1 };
  const registered = await controlPlane.register({ url: archive.url, workers }, { caller });
  await registered.started;
  return describeSession(registry.resolve(model, version));
}
