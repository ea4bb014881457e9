import { expect, it } from 'vitest';
import { createAdmission, type AdmittingVersion } from './admission.ts';
import { ServeError } from './errors.ts';
import { STEADY_CALLER, type JobAnswer, type JobRequest } from './jobs/job.ts';

const REQUEST: JobRequest = { operation: 'predict', requestId: 'r', codec: 'c', headers: [], inputs: [] };
const refusal = new ServeError('queue_full', 'busy');
const wrong = new ServeError('default_version_not_ready', 'wrong answers');

interface Facts {
  readonly serial?: number;
  readonly isFull?: boolean;
  readonly isWrong?: boolean;
  /** Whether it is not known yet if it answers as it should; what is held then ends so. */
  readonly held?: 'passes' | 'fails';
}

function version({ serial = 1, isFull = false, isWrong = false, held }: Facts = {}): AdmittingVersion {
  return {
    key: { name: 'm', version: String(serial) },
    serial,
    serving: {
      dispatcher: {
        assertCanServe() {
          if (isFull) throw refusal;
        },
        submit: () => Promise.resolve({ meta: serial, body: new Uint8Array(), queueMs: 0 }),
      },
    },
    golden: {
      assertRight() {
        if (isWrong) throw wrong;
      },
      isOpen: held !== undefined,
      hold: async <T>(answer: Promise<T>) => {
        if (held === 'fails') throw wrong;
        return answer;
      },
    },
  };
}

/** Admits to whichever version is there. */
function createSite(first: AdmittingVersion) {
  const site = { present: first, received: [] as string[] };
  const metrics = { requestReceived: (name: string, asked?: string) => void site.received.push(`${name}/${asked}`) };
  return { site, admit: createAdmission({ resolve: () => site.present }, metrics) };
}

const metaOf = async (answer: Promise<JobAnswer>) => (await answer).meta;

it('admits to the version that is meant, and counts the request', async () => {
  const { site, admit } = createSite(version({ serial: 7 }));
  const admission = admit('m', '7');
  expect(admission).toMatchObject({ key: { name: 'm', version: '7' }, serial: 7 });
  expect(await metaOf(admission.submit(REQUEST, STEADY_CALLER))).toBe(7);
  expect(site.received).toEqual(['m/7']);
});

it('refuses before anything of a request is read, and counts that as well', () => {
  const { site, admit } = createSite(version({ isFull: true }));
  expect(() => admit('m')).toThrow(refusal);
  expect(site.received).toEqual(['m/undefined']);
});

it('takes whichever is the default version when the body is there', async () => {
  const { site, admit } = createSite(version({ serial: 1 }));
  const admission = admit('m');
  site.present = version({ serial: 2 });
  expect(await metaOf(admission.submit(REQUEST, STEADY_CALLER))).toBe(2);
});

it('has a default version that answers wrongly serve only those who name it', async () => {
  const { admit } = createSite(version({ isWrong: true }));
  expect(() => admit('m')).toThrow(wrong);
  expect(await metaOf(admit('m', '1').submit(REQUEST, STEADY_CALLER))).toBe(1);
});

it('holds answers of a default version until it is known whether they are right', async () => {
  const ask = (held: Facts['held'], asked?: string) =>
    metaOf(createSite(version({ held })).admit('m', asked).submit(REQUEST, STEADY_CALLER));
  expect(await ask('passes')).toBe(1);
  await expect(ask('fails')).rejects.toBe(wrong);
  expect(await ask('fails', '1')).toBe(1);
});
