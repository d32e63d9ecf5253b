/** Why no static model can be made of what was given. */
export class DistilError extends Error {
  override readonly name = 'DistilError';
}
