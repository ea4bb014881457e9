import { afterEach, expect, it, vi } from 'vitest';
import { ServeError } from '../../core/errors.ts';
import { Loading } from './loading.ts';

afterEach(() => void vi.useRealTimers());

const failure = new ServeError('worker_start_failed', 'no labels');

it('resolves when the model is loaded, and then has no time limit', async () => {
  vi.useFakeTimers();
  const onTimeout = vi.fn<() => void>();
  const loading = new Loading(5, onTimeout);
  loading.succeed();
  await loading.done;
  vi.advanceTimersByTime(10);
  expect(onTimeout).not.toHaveBeenCalled();
});

it('rejects with the reason why it is not', async () => {
  const loading = new Loading(60_000, () => {});
  loading.fail(failure);
  await expect(loading.done).rejects.toBe(failure);
});

it('says when its time is over, and leaves the end to whoever hears of it', async () => {
  const onTimeout = vi.fn<() => void>();
  const loading = new Loading(1, onTimeout);
  await vi.waitFor(() => expect(onTimeout).toHaveBeenCalledTimes(1));
  loading.succeed();
  await loading.done;
});

it('ends once; the end of the process does not change it', async () => {
  const loading = new Loading(60_000, () => {});
  loading.succeed();
  loading.abandon(failure);
  await loading.done;
  expect(() => loading.succeed()).toThrow('the end of a loading that has ended');
  expect(() => loading.fail(failure)).toThrow('the end of a loading that has ended');
});

it('rejects when the process ends before', async () => {
  const loading = new Loading(60_000, () => {});
  loading.abandon(failure);
  await expect(loading.done).rejects.toBe(failure);
});
