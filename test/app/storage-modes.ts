/** The ways in which a server can keep state on a disk, by what it is started with. */
export const STORAGE_MODES = {
  sqlite: {},
  'sqlite by namespace': { STORAGE_DB_TEMPLATE: 'state.{namespace}.db' },
  json: { NAMESPACED_PERSISTENCE: 'true' },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type StorageModeName = keyof typeof STORAGE_MODES;
export const STORAGE_MODE_NAMES = Object.keys(STORAGE_MODES) as StorageModeName[];
