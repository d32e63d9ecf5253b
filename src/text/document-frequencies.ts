export interface DocumentFrequencies {
  readonly bytes: number;
}
