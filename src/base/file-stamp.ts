/** A moment (ms since the epoch) as part of a file's name, sortable: ISO 8601 in UTC, with `-` where names take no `:` or `.`. */
export function fileStamp(moment: number): string {
  return new Date(moment).toISOString().replaceAll(/[:.]/g, '-');
}
