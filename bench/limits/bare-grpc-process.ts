/** Started by bare-grpc.ts: grpc-js that takes the message and answers a constant. */
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { answerWith } from '../child.ts';

const [path = ''] = process.argv.slice(2);
/** As many bytes as the answer of a small model has. */
const answer = Buffer.alloc(60);
const asItIs = (bytes: Buffer) => bytes;

const server = new Server({ 'grpc.max_receive_message_length': -1 });
server.addService(
  {
    call: {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: asItIs,
      requestDeserialize: asItIs,
      responseSerialize: asItIs,
      responseDeserialize: asItIs,
    },
  },
  { call: (_: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => callback(null, answer) },
);

answerWith(
  () =>
    new Promise((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve({ port }) : reject(error),
      );
    }),
);
