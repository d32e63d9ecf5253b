import { createServer, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import express from 'express';
import { afterEach, expect, it } from 'vitest';
import { expressMessages } from '../../src/http/express-messages.js';

const server = { close: () => {} };
afterEach(() => server.close());

it("requests and answers have Express's prototypes before it gives them any", async () => {
  const app = express();
  app.use((req, res) => {
    res.json({ isJson: req.is('json') !== false, path: req.path });
  });
  const seen: boolean[] = [];
  const listening = createServer(expressMessages(app), (req, res) => {
    seen.push(Object.getPrototypeOf(req) === app.request, Object.getPrototypeOf(res) === app.response);
    seen.push(req instanceof IncomingMessage);
    app(req as express.Request, res as express.Response);
  }).listen(0, '127.0.0.1');
  server.close = () => listening.close();
  await new Promise((resolve) => listening.once('listening', resolve));
  const { port } = listening.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/a`, { method: 'POST', body: 'text' });
  expect(await answer.json()).toEqual({ isJson: false, path: '/a' });
  expect(seen).toEqual([true, true, true]);
});

it('requests and answers never become hash tables, which they would without room for their fields', async () => {
  setFlagsFromString('--allow-natives-syntax');
  const isFast = runInNewContext('(object) => %HasFastProperties(object)') as (object: object) => boolean;
  const app = express();
  const seen: boolean[] = [];
  app.use((req, res) => {
    seen.push(isFast(req), isFast(res));
    res.send('done');
    seen.push(isFast(req), isFast(res));
  });
  const listening = createServer(expressMessages(app), app).listen(0, '127.0.0.1');
  server.close = () => listening.close();
  await new Promise((resolve) => listening.once('listening', resolve));
  const { port } = listening.address() as AddressInfo;
  await (await fetch(`http://127.0.0.1:${port}/`)).text();
  expect(seen).toEqual([true, true, true, true]);
});
