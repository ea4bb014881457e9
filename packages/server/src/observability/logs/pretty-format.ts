/** Lines of the log for people. Opened when it is needed alone: the library takes a while to load. */
import { prettyFactory } from 'pino-pretty';
import { spellOutHidden } from './log-characters.ts';

/** What a request or a handler brought must not steer the terminal, or look like a line of its own. */
export function createPrettyFormat({ isColoured }: { readonly isColoured: boolean }): (json: string) => string {
  const format = prettyFactory({
    colorize: isColoured,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    errorLikeObjectKeys: ['error'],
    messageFormat: (log, messageKey) => String(log[messageKey]).replaceAll('\n', String.raw`\n`),
  });
  return (json) => format(spellOutHidden(json)) ?? '';
}
