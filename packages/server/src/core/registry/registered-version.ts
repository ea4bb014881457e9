/** What the registry holds of one version: how it is served, and what it was unpacked from. */
import type { GoldenCheck } from '../golden/golden-check.ts';
import type { UnpackedModel } from './model-source.ts';
import type { ModelKey } from '../model-key.ts';
import type { ModelVersion } from '../model-version.ts';
import type { Registration } from './registration.ts';

export interface RegisteredVersion {
  readonly key: ModelKey;
  readonly serving: ModelVersion;
  readonly model: UnpackedModel;
  readonly golden: GoldenCheck;
  /** What was asked for when it was registered. */
  readonly registration: Registration;
}
