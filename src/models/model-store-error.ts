/**
 * What is wrong with a model's files, a manifest, or a name that was asked for; the message is for a person and names the
 * file.
 */
export class ModelStoreError extends Error {
  override readonly name: string = 'ModelStoreError';
}
