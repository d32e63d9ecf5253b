import type { Logger } from 'pino';

/** What is closed, by its name in the log. */
export type Closing = Readonly<Record<string, () => unknown>>;

/**
 * Closes what is named side by side, each whatever becomes of the others. Resolves when all have ended; failures are logged,
 * never thrown: what is closed after these is closed all the same.
 */
export async function closeEach(logger: Logger, closing: Closing): Promise<void> {
  const closed = Object.entries(closing).map(async ([what, close]) => {
    try {
      await close();
    } catch (error) {
      logger.error({ err: error }, `${what} could not be closed properly`);
    }
  });
  await Promise.all(closed);
}
