import { describe, expect, it } from 'vitest';
import { ClientMessages } from './client-messages.ts';
import { Closing } from '../closing.ts';

async function* two(): AsyncGenerator<Buffer> {
  yield Buffer.from('a');
  yield Buffer.from('b');
  await new Promise(() => {});
}

const CLOSED = { code: 'shutting_down' };

describe('the messages of a client', () => {
  it('come as they are', async () => {
    const messages = new ClientMessages(two(), new Closing());
    expect(String((await messages.next()).value)).toBe('a');
    expect(String((await messages.next()).value)).toBe('b');
  });

  it('are over when the server ends, also for a reader that waits', async () => {
    const closing = new Closing();
    const messages = new ClientMessages(two(), closing);
    await messages.next();
    await messages.next();
    const waiting = messages.next();
    closing.begin();
    await expect(waiting).rejects.toMatchObject(CLOSED);
    await expect(messages.next()).rejects.toMatchObject(CLOSED);
  });

  it('that begin when it has ended do not come', async () => {
    const closing = new Closing();
    closing.begin();
    await expect(new ClientMessages(two(), closing).next()).rejects.toMatchObject(CLOSED);
  });

  it('that were released do not hear of the end', async () => {
    const closing = new Closing();
    const messages = new ClientMessages(two(), closing);
    messages.release();
    closing.begin();
    expect((await messages.next()).done).toBe(false);
  });
});
