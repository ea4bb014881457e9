/** Triton's generate extension: one JSON object for one, or events for one. */
import { badRequest } from '../../bad-request.ts';
import type { RequestForm } from '../request-form.ts';
import { EVENT_STREAM, eventOf } from './event-stream.ts';
import { readGenerateRequest } from './read-generate-request.ts';
import { writeGenerateResponse } from './write-generate-response.ts';

/** What the body of a request is called that is in one of the forms. */
export type GenerateForm = 'generate' | 'generate_stream';

const read: RequestForm['read'] = ({ inputs: [body, ...others] }, { signature }) => {
  if (body === undefined || others.length > 0) throw badRequest('The request: expected JSON, got a form');
  return readGenerateRequest(body.bytes, signature);
};

/** By the names of inputs. */
export const GENERATE_FORMS: ReadonlyMap<string, RequestForm> = new Map<GenerateForm, RequestForm>([
  [
    'generate',
    {
      read,
      write: (response) => ({
        contentType: 'application/json',
        headers: {},
        body: Buffer.from(writeGenerateResponse(response)),
      }),
    },
  ],
  [
    'generate_stream',
    {
      read,
      write: (response) => ({
        contentType: EVENT_STREAM,
        headers: { 'cache-control': 'no-cache' },
        body: eventOf(writeGenerateResponse(response)),
      }),
    },
  ],
]);
