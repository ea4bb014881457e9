/** What the registry holds of one version: how it is served, and what it was unpacked from. */
import type { UnpackedModel } from './model-source.ts';
import type { ModelKey } from './model-key.ts';
import type { ModelVersion } from './model-version.ts';

export interface RegisteredVersion {
  readonly key: ModelKey;
  readonly serving: ModelVersion;
  readonly model: UnpackedModel;
  /** Whether it was loaded when the daemon started, not by a later registration. */
  readonly loadedAtStartup: boolean;
}
