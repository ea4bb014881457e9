/** What the registry holds of one version: how it is served, and what it was unpacked from. */
import type { GoldenCheck } from '../golden/golden-check.ts';
import type { UnpackedModel } from './model-source.ts';
import type { ModelKey } from '../model-key.ts';
import type { ModelVersion } from '../model-version.ts';
import type { Registration } from './registration.ts';

/** One version in the registry; the same object from its registration to its end. */
export interface RegisteredVersion {
  /** Where it is found. */
  readonly key: ModelKey;
  /** Of its registration, from 1: no other of the server has it, whatever its key. */
  readonly serial: number;
  /** Takes its jobs, and owns its workers. */
  readonly serving: ModelVersion;
  /** What was unpacked; its files go with it. */
  readonly model: UnpackedModel;
  /** Whether it answers as its archive says. */
  readonly golden: GoldenCheck;
  /** What was asked for when it was registered. */
  readonly registration: Registration;
}
