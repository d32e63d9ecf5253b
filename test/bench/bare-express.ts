/**
 * What our server is compared with, as a process of its own: Express with its own body parser and one route that answers
 * bytes it was told. Told over IPC: the bytes of the next answers, acknowledged with `ready`. Says its port first.
 */
import type { AddressInfo } from 'node:net';
import express from 'express';

const BODY_LIMIT_BYTES = 16 * 2 ** 20;

let answer = Buffer.from('{}');

const app = express();
app.use(express.json({ limit: BODY_LIMIT_BYTES }));
app.post(['/rerank', '/v1/rerank'], (_req, res) => {
  res.type('json').send(answer);
});

const server = app.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', (text: string) => {
  answer = Buffer.from(text);
  process.send?.('ready');
});
process.on('disconnect', () => process.exit(0));
