/** The workers of a model, as the management API describes them. */
import type { Daemon } from './daemon.ts';
import { send } from './http.ts';

export interface DescribedWorker {
  readonly id: string;
  readonly pid?: number;
  readonly status: 'READY' | 'LOADING' | 'RESTARTING' | 'FAILED' | 'UNLOADING';
}

/** Of a model's default version, or of `name/version`. @throws Error with the answer when there is no such model */
export async function workersOf({ management }: Pick<Daemon, 'management'>, model: string): Promise<DescribedWorker[]> {
  const answer = await send(`${management}/models/${model}`);
  if (answer.status !== 200) throw new Error(`${model} cannot be described: ${answer.text}`);
  return answer.json<{ workers: DescribedWorker[] }[]>()[0]?.workers ?? [];
}
