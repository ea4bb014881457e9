/** How a version is served in tests that do not care: by the defaults. */
import { allSettings } from '@marserve/archiver/model-config';
import type { VersionSettings } from '../core/registry/version-settings.ts';

export const SETTINGS: VersionSettings = allSettings((setting) => setting.default);
