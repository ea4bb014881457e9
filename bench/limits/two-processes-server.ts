/** Started by two-processes.ts. One request at a time on each connection, and one connection: there is no queue. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { answerWith } from '../child.ts';
import { program } from '../paths.ts';

const [model = ''] = process.argv.slice(2);
const child = spawn(process.execPath, [program('limits/two-processes-model.js'), model], {
  stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
});
const socket = child.stdio[3] as Socket;
const waiting: ServerResponse[] = [];

socket.on('data', (answer: Buffer) => {
  const response = waiting.shift();
  response?.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
  response?.end(answer);
});

const server = createServer((request, response) => {
  request.on('data', (body: Buffer) => {
    waiting.push(response);
    socket.write(body);
  });
});

answerWith(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port };
});
