/** What looks into archives: what is found, as text. */
import { verifyFiles } from '../format/verify-files.ts';
import { inspect } from '../inspect.ts';
import { renderInspection, renderVerification } from './cli-output.ts';

/** Looking into an archive writes nothing: it may be as large as it likes. */
const NO_LIMITS = { maxTotalBytes: Infinity, maxRatio: Infinity } as const;

/** Shows an archive. @returns what is printed of it @throws ArchiveError */
export async function runInspect(archive: string, json: boolean, signal: AbortSignal): Promise<string> {
  const inspection = await inspect(archive, { ...NO_LIMITS, signal });
  return json ? JSON.stringify(inspection, null, 2) : renderInspection(inspection);
}

/** Recomputes the digests of an archive. @returns what is printed of it, and whether all are as they were @throws ArchiveError */
export async function runVerify(archive: string, signal: AbortSignal): Promise<{ lines: string; isSame: boolean }> {
  const verification = await verifyFiles(archive, { ...NO_LIMITS, signal });
  return { lines: renderVerification(archive, verification), isSame: verification.differences.length === 0 };
}
