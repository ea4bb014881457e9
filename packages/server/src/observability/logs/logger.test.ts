import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ServeError } from '../../core/errors.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { createAccessLog } from '../../interceptors/access-log.ts';
import { createLogger, type LoggerOptions } from './logger.ts';

/** A logger and the lines that it wrote. */
async function create(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const { logger, control } = await createLogger({ level: 'info', format: 'json', destination, ...options });
  return { logger, control, lines, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('the log as JSON', () => {
  it('is one object a line, with level, time, message and fields', async () => {
    const { logger, lines, parsed } = await create();
    logger.info('hello', { requestId: 'r1' });
    logger.warn('no fields');
    expect(lines.every((line) => /^\{.*\}\n$/.test(line))).toBe(true);
    expect(parsed()).toMatchObject([
      { level: 'info', msg: 'hello', requestId: 'r1', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) },
      { level: 'warn', msg: 'no fields' },
    ]);
  });

  it('carries the fields of its parents', async () => {
    const { logger, parsed } = await create();
    logger.child({ model: 'm', version: '1.0' }).child({ worker: '9000' }).error('died', { reason: 'x' });
    expect(parsed()).toMatchObject([{ model: 'm', version: '1.0', worker: '9000', reason: 'x' }]);
  });

  it('leaves out what is below its level', async () => {
    const { logger, parsed } = await create({ level: 'warn' });
    logger.debug('a');
    logger.info('b');
    logger.child({}).info('c');
    logger.warn('d');
    expect(parsed().map(({ msg }) => msg)).toEqual(['d']);
  });

  it('switches kinds of lines on and off, for its children, too', async () => {
    const { logger, control, parsed } = await create({ level: 'warn' });
    const child = logger.child({ model: 'm' });
    expect(control.kinds).toEqual({ debug: false, info: false, warn: true, error: true });
    control.switch({ debug: true, warn: false });
    for (const each of [logger, child]) {
      each.debug('seen');
      each.info('unseen');
      each.warn('unseen');
      each.error('seen');
    }
    expect(parsed().map(({ level, msg }) => [level, msg])).toEqual(
      [0, 1].flatMap(() => [
        ['debug', 'seen'],
        ['error', 'seen'],
      ]),
    );
  });

  it('shows errors with code, stack and cause', async () => {
    const { logger, parsed } = await create();
    const cause = new TypeError('deep');
    logger.error('failed', { error: new ServeError('internal', 'shallow', { cause }) });
    expect(parsed()).toMatchObject([
      {
        error: {
          message: 'shallow',
          code: 'internal',
          stack: expect.stringContaining('logger.test'),
          cause: { message: 'deep' },
        },
      },
    ]);
  });

  it('survives fields that JSON cannot hold', async () => {
    const { logger, parsed } = await create();
    const circular: Record<string, unknown> = { a: 1 };
    circular.self = circular;
    logger.info('odd', { circular, undefinedField: undefined, big: 1n });
    expect(parsed()).toMatchObject([{ msg: 'odd', circular: { a: 1 } }]);
  });
});

describe('the log for people', () => {
  it('is one line with time, level, message and fields', async () => {
    const { logger, lines } = await create({ format: 'pretty' });
    logger.info('hello', { a: 1 });
    expect(lines.join('')).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: hello \{"a":1\}\n$/);
  });

  it('does not let a message steer the terminal', async () => {
    const { logger, lines } = await create({ format: 'pretty' });
    logger.info('\u001B[2J\u009Bx\rspoofed');
    expect(lines.join('')).toContain(String.raw`INFO: \u001b[2J\u009bx\rspoofed`);
  });
});

describe('the log in a file', () => {
  it('is appended, its folder made, and complete after a flush', async () => {
    const file = path.join(await temporaryFolder(), 'logs', 'server.log');
    for (const message of ['first', 'second']) {
      const { logger, flush } = await createLogger({ level: 'info', format: 'auto', file });
      for (let count = 0; count < 100; count += 1) logger.info(message);
      await flush();
    }
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(200);
    expect(lines[0]).toContain('"msg":"first"');
    expect(lines.at(-1)).toContain('"msg":"second"');
  });

  it('must be one that can be opened', async () => {
    const folder = await temporaryFolder();
    await expect(createLogger({ level: 'info', format: 'json', file: folder })).rejects.toThrow(
      /Cannot open the log file .*EISDIR.*--log-file/,
    );
  });
});

describe('the access log', () => {
  const call = { requestId: 'r1', method: 'POST', target: '/predictions/m?x=1', remoteAddress: '127.0.0.1' };
  const outcome = { status: 200, ms: 1.234_567, bytes: 10 };

  it('has a line for each request', async () => {
    const { logger, parsed } = await create();
    createAccessLog(logger).answered?.(call, outcome);
    expect(parsed()).toMatchObject([
      {
        level: 'info',
        msg: 'POST /predictions/m?x=1 200',
        requestId: 'r1',
        method: 'POST',
        path: '/predictions/m?x=1',
        status: 200,
        ms: 1.235,
        bytes: 10,
        remote: '127.0.0.1',
      },
    ]);
  });

  it('may be at another level, or off', async () => {
    const { logger, parsed } = await create({ level: 'debug' });
    createAccessLog(logger, 'debug').answered?.(call, outcome);
    createAccessLog(logger, 'off').answered?.(call, outcome);
    expect(parsed()).toMatchObject([{ level: 'debug' }]);
  });
});
