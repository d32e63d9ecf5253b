import { Flood, type FloodOrder } from './flood.js';

/** A flood on its own: an order starts it, anything else ends it. */
process.once('message', ({ port, perSecond, namespace, bodies }: FloodOrder) => {
  const flood = new Flood(
    port,
    perSecond,
    bodies.map((body) => Buffer.from(body, 'base64')),
    namespace,
  );
  process.once('message', async () => {
    const result = await flood.end().catch((error: Error) => error.message);
    process.send!(result, () => process.disconnect());
  });
  process.send!('begun');
});
