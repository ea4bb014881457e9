/** When an archive was made, as its manifest has it. */
import { PackagingError } from '../packaging-error.ts';

/** `dd/mm/YYYY HH:MM:SS`: now in local time, or the time of `SOURCE_DATE_EPOCH` in UTC. @throws PackagingError for one that is none */
export function createdOn(sourceDateEpoch = process.env.SOURCE_DATE_EPOCH): string {
  if (sourceDateEpoch === undefined || sourceDateEpoch === '') {
    const now = new Date();
    return format(new Date(now.getTime() - now.getTimezoneOffset() * 60_000));
  }
  if (!/^\d{1,12}$/.test(sourceDateEpoch)) {
    const message = `SOURCE_DATE_EPOCH is "${sourceDateEpoch}"; expected seconds since 1970, a whole number.`;
    throw new PackagingError('invalid_option', message);
  }
  return format(new Date(Number(sourceDateEpoch) * 1000));
}

function format(date: Date): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(date.toISOString()) ?? [];
  return `${day}/${month}/${year} ${time}`;
}
