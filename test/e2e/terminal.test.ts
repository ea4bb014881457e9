import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon } from '../helpers/daemon.ts';
import { post, send } from '../helpers/http.ts';
import { ROOT } from '../helpers/pages.ts';
import { isAlive } from '../helpers/processes.ts';
import { onTerminal, type TerminalOptions } from '../helpers/terminal.ts';

const SERVER = path.join(ROOT, 'packages/server/bin/model-server.js');
const ARCHIVER = path.join(ROOT, 'packages/archiver/bin/model-archiver.js');
const BUNDLE = path.join(ROOT, 'packages/server/bundle');
const ANY_PORTS = ['inference', 'management', 'metrics'].flatMap((name) => [`--${name}-address`, 'http://127.0.0.1:0']);
const ESCAPE = '\u001b';
const CTRL_C = '\u0003';

/** A daemon on a terminal, with the archive `echo.mar` in its store. */
async function foreground(options: TerminalOptions = {}) {
  const root = await mkdtemp(path.join(tmpdir(), 'marserve-terminal-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await addArchive(path.join(root, 'store'), { name: 'echo', source: ECHO });
  const args = ['--foreground', '--model-store', 'store', '--pid-file', 'pid', ...ANY_PORTS];
  const env = { NO_COLOR: undefined, LOG_LOCATION: path.join(root, 'logs'), ...options.env };
  const terminal = onTerminal([process.execPath, SERVER, ...args], { ...options, cwd: root, env });
  const listening = await terminal.shows(/listening.*"inference":"([^"]+)".*"management":"([^"]+)"/);
  return { terminal, inference: listening[1] ?? '', management: listening[2] ?? '' };
}

describe('model-server --foreground on a terminal', () => {
  it('is what is shipped: the bundle', async () => {
    const { isBundleFresh } = (await import(path.join(BUNDLE, '../bin/bundle.js'))) as { isBundleFresh: () => boolean };
    expect(isBundleFresh(), 'run "npm run build" first').toBe(true);
  });

  it('logs lines for people, serves, and ends with Ctrl-C', async () => {
    const { terminal, inference, management } = await foreground();
    expect((await post(`${management}/models?url=echo.mar&initial_workers=1`)).status).toBe(200);
    expect((await send(`${inference}/predictions/echo`, { method: 'POST', body: 'hello' })).text).toBe('hello');
    await terminal.shows(/INFO.*: .*POST \/predictions\/echo 200/);
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(0);
    expect(terminal.output()).toMatch(/stopping.*SIGINT/);
    expect(terminal.output()).toContain(`${ESCAPE}[32mINFO${ESCAPE}[39m`);
  });

  it('goes on when the terminal is closed', async () => {
    const { terminal, inference } = await foreground({ env: { NO_COLOR: '1' } });
    const pid = Number(/INFO \((\d+)\)/.exec(terminal.output())?.[1]);
    onTestFinished(() => expect.poll(() => isAlive(pid)).toBe(false));
    terminal.hangUp();
    await terminal.ended;
    for (let count = 0; count < 20; count += 1) expect((await send(`${inference}/ping`)).status).toBe(200);
    process.kill(pid, 'SIGTERM');
  });

  it('has no colours with NO_COLOR', async () => {
    const { terminal } = await foreground({ env: { NO_COLOR: '1' } });
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(0);
    expect(terminal.output()).not.toContain(ESCAPE);
    expect(terminal.output()).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO.*: stopped\r$/m);
  });

  it('lets no request and no handler steer the terminal', async () => {
    const { terminal, inference } = await foreground({ env: { NO_COLOR: '1' } });
    await send(`${inference}/ping?${encodeURI('\u009b2J\u202e')}`);
    await send(`${inference}/ping`, { headers: { 'x-request-id': 'a\u009bb' } });
    await terminal.shows(/GET \/ping\?/);
    terminal.type(CTRL_C);
    await terminal.ended;
    expect(terminal.output().replaceAll('\r\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});

describe('what is in the bundle', () => {
  it('works: forms, management, descriptions, lines for people where there is no terminal', async () => {
    const fill = (store: string) => addArchive(store, { name: 'echo', source: ECHO });
    const daemon = await startDaemon({ fill, config: { log_format: 'pretty' } });
    onTestFinished(() => daemon.close());
    expect((await post(`${daemon.management}/models?url=echo.mar&initial_workers=1`)).status).toBe(200);
    const form = new FormData();
    form.set('data', 'in a form');
    expect((await send(`${daemon.inference}/predictions/echo`, { method: 'POST', body: form })).text).toBe('in a form');
    expect((await send(`${daemon.management}/models`)).status).toBe(200);
    expect((await send(`${daemon.management}/models/echo`)).status).toBe(200);
    expect((await send(daemon.inference, { method: 'OPTIONS' })).json()).toHaveProperty('openapi');
    expect((await send(`${daemon.metrics}/metrics`)).status).toBe(200);
    expect(await daemon.line('model registered')).toContain('INFO: model registered');
  });
});

describe.each([
  ['model-server', SERVER],
  ['model-archiver', ARCHIVER],
])('%s', (_, program) => {
  it.each([20, 40, 300])('shows its help on a terminal of %d columns', async (columns) => {
    const terminal = onTerminal([process.execPath, program, '--help'], { columns });
    expect(await terminal.ended).toBe(0);
    expect(terminal.output()).toMatch(/--model-\s*name|--model-\s*store/);
    expect(terminal.output()).not.toContain(ESCAPE);
    const longest = Math.max(
      ...terminal
        .output()
        .split('\r\n')
        .map((line) => line.length),
    );
    expect(longest).toBeLessThanOrEqual(Math.max(columns, 110));
  });

  it.each(['>&-', '2>&-', '>&- 2>&- <&-', '| true', '2>&1 | true', '| head -1'])(
    'does not mind %s',
    async (redirection) => {
      const script = `'${process.execPath}' '${program}' --help ${redirection}; echo "\${PIPESTATUS[0]}" >&9`;
      const { stdout, stderr } = await promisify(execFile)('bash', ['-c', `exec 9>&1; ${script}`]);
      expect(stdout.trimEnd().split('\n').at(-1)).toBe('0');
      expect(stderr).toBe('');
    },
  );
});
