/** What is asked of descriptions, by the daemon: which component, and what the environment says of it. */
import { parseYaml } from '@marserve/archiver/model-config';
import type { JobInput } from '../../core/jobs/job.ts';
import { isRecord } from '../is-record.ts';
import type { DescriptionQuestion } from './description.ts';
import { isWrapper } from './model-asked.ts';

/** `MODEL_METADATA` is a variable of the wrapper. @param component undefined for all */
export function questionInputs(profile: string, component: string | undefined): JobInput[] {
  const own = isWrapper(profile) ? metadataIn(process.env['MODEL_METADATA']) : undefined;
  const question: DescriptionQuestion = { component, own };
  return [{ name: 'question', contentType: 'application/json', chunks: [Buffer.from(JSON.stringify(question))] }];
}

/** YAML that is none counts for nothing, as in the original. */
function metadataIn(text = '{}'): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = parseYaml(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
