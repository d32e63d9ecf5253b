/** Why state could not be moved, in one sentence for people. Nothing was changed unless the sentence says so. */
export class TransferError extends Error {
  override readonly name = 'TransferError';
}
