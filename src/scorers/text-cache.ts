// Contract for the first commit; the implementation replaces this file.
export interface TextEntry {
  readonly text: string;
}
export interface TextCache {
  get(text: string): TextEntry;
}
