/** Public models and images that lie beside the repository on machines that have them; see its README there. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const SHARED_DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

/** Whether real inputs are there; tests that want them are skipped where they are not. */
export const hasSharedData = existsSync(SHARED_DATA);

/** To be put into the name of what is skipped. */
export const NEEDS_SHARED_DATA = hasSharedData ? '' : ' (skipped: ../shared/data is not here)';
