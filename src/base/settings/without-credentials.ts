/** Where credentials may begin: behind `//`, or behind the first colon of what begins with none of a path. */
const START = /\/\/|^[^/:]*:(?!\/\/)/;

/** A value as it may be shown: `http://user:password@host` as `http://***@host`. Rather too much is masked than too little. */
export function withoutCredentials(value: string): string {
  const end = value.lastIndexOf('@');
  const start = START.exec(value.slice(0, Math.max(0, end)));
  return start === null ? value : `${value.slice(0, start.index + start[0].length)}***${value.slice(end)}`;
}
