/** docs/rest-routes.md has a command for every route that there is, and all of them run. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addWorkflow } from '../fixtures/workflow-archives.ts';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send } from '../helpers/http.ts';
import { readBlocks, runBlock } from '../helpers/pages.ts';

const BLOCKS = await readBlocks('docs/rest-routes.md');
const HANDLER = BLOCKS.find(({ language }) => language === 'js')?.text ?? '';
const COMMANDS = BLOCKS.filter(({ language }) => language === 'bash');
const PORTS = { inference: 8080, management: 8081, metrics: 8082 } as const;

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      await addArchive(store, { name: 'echo', source: HANDLER });
      const spec = 'models: { first: { url: echo.mar }, second: { url: echo.mar } }\ndag: { first: [second] }\n';
      addWorkflow(store, { name: 'two', spec });
      await addArchive(store, {
        name: 'pair',
        handler: 'graph',
        config: 'graph: { sequence: [echo, { router: { one: echo, other: echo }, policy: weighted }] }',
      });
    },
  });
});

afterAll(() => daemon.close());

type Operation = Readonly<{ operationId: string; responses: Readonly<Record<string, unknown>> }>;

interface Route {
  /** The same for all methods of a path that takes any. */
  readonly id: string;
  readonly method: string;
  readonly pattern: RegExp;
}

/** What the API description of an address has, but for what is there to be refused. */
async function routesOf(name: keyof typeof PORTS): Promise<Route[]> {
  const description = await send(`${daemon[name]}/api-description`);
  const { paths } = description.json<{ paths: Record<string, Record<string, Operation>> }>();
  return Object.entries(paths).flatMap(([path, operations]) => {
    const pattern = path.replace('{url_path}', '.+').replaceAll(/\{\w+\}/g, '[^/:]+');
    return Object.entries(operations)
      .filter(([, { responses }]) => '200' in responses)
      .map(([method, { operationId }]) => ({
        id: `${name} ${path} ${operationId.replace(new RegExp(`_${method}$`), '')}`,
        method: method.toUpperCase(),
        pattern: new RegExp(`^http://127\\.0\\.0\\.1:${PORTS[name]}${pattern}$`),
      }));
  });
}

/** Of each command. */
const CALLS = COMMANDS.flatMap(({ text }) => text.match(/^curl .*$/gm) ?? []).map((command) => ({
  method: /-X (\w+)/.exec(command)?.[1] ?? (/ -d /.test(command) ? 'POST' : 'GET'),
  url: /http:[^"\s?]+/.exec(command)?.[0] ?? '',
}));

it('there is a command for every route', async () => {
  const names = Object.keys(PORTS) as (keyof typeof PORTS)[];
  const routes = (await Promise.all(names.map(routesOf))).flat();
  const isShown = ({ method, pattern }: Route) =>
    CALLS.some((call) => call.method === method && pattern.test(call.url));
  const shown = new Set(routes.filter(isShown).map(({ id }) => id));
  expect(routes.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
  const isRoute = (call: (typeof CALLS)[0]) =>
    routes.some(({ method, pattern }) => call.method === method && pattern.test(call.url));
  expect(CALLS.filter((call) => !isRoute(call))).toEqual([]);
});

it('all of them run', async () => {
  const replace = Object.fromEntries(
    Object.entries(PORTS).map(([name, port]) => [`http://127.0.0.1:${port}`, daemon[name as keyof typeof PORTS]]),
  );
  for (const block of COMMANDS) expect(await runBlock(block, { replace })).not.toBe('');
});
