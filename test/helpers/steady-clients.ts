/** Clients that ask one model again and again over connections that they keep. */
import { Agent, request } from 'node:http';

/** What one client was answered, in order. */
export interface Answered {
  readonly status: number;
  readonly text: string;
}

export interface SteadyClients {
  /** How many answers have come so far. */
  count(): number;
  /** Resolves, when the last request is answered, with the answers of each client. */
  stop(): Promise<readonly (readonly Answered[])[]>;
}

/** Each client sends its next request when it has its answer. A request that gets none has status 0. */
export function startSteadyClients(url: string, clients: number): SteadyClients {
  // Each keeps a connection of its own.
  const agents = Array.from({ length: clients }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  const answers: Answered[][] = agents.map(() => []);
  const state = { isStopped: false };
  const loops = agents.map(async (agent, index) => {
    while (!state.isStopped) answers[index]?.push(await ask(url, agent));
  });
  return {
    count: () => answers.reduce((sum, own) => sum + own.length, 0),
    async stop() {
      state.isStopped = true;
      await Promise.all(loops);
      for (const agent of agents) agent.destroy();
      return answers;
    },
  };
}

function ask(url: string, agent: Agent): Promise<Answered> {
  return new Promise((resolve) => {
    const sent = request(url, { method: 'POST', agent, headers: { 'content-type': 'text/plain' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', (error) => resolve({ status: 0, text: error.message }));
    sent.end('x');
  });
}
