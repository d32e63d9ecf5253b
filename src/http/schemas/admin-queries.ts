import { z } from 'zod';
import { STATUSES } from '../../catalog/status.js';

const MAX_PAGE = 1000;
const MAX_CURSOR_LENGTH = 512;
/** A tag or the name of a tenant may be as long. */
const MAX_TEXT_LENGTH = 256;
const MAX_NAME_LENGTH = 64;
/** Ten years, as `NAMESPACE_DELETION_GRACE_S`. */
const MAX_GRACE_S = 315_360_000;

/** Digits of a query string as a whole number. */
function digits(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,12}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .meta({ override: { type: 'integer', minimum: min, maximum: max } });
}

const text = z.string().max(MAX_TEXT_LENGTH);
const name = z.string().max(MAX_NAME_LENGTH);
const page = {
  limit: digits(1, MAX_PAGE).optional().meta({ description: 'most entries of a page; 100' }),
  cursor: z
    .string()
    .max(MAX_CURSOR_LENGTH)
    .optional()
    .meta({ description: '`next_cursor` of the page before' }),
};

export const noQuery = z.strictObject({});

/** Parameters of `GET /admin/namespaces`; all that are given must fit. */
export const listQuery = z.strictObject({
  ...page,
  prefix: name.optional().meta({ description: 'what ids begin with' }),
  parent: name.optional().meta({ description: 'those directly below it' }),
  tenant: text.optional(),
  status: z.enum(STATUSES).optional(),
  tag: text.optional(),
});

/** Parameters of `GET /admin/audit`. */
export const auditQuery = z.strictObject({
  ...page,
  namespace: name.optional(),
  actor: text.optional(),
  action: text.optional(),
  since: z.iso
    .datetime({ offset: true, error: 'must be a time as RFC 3339 has it: 2026-01-31T12:00:00Z' })
    .optional()
    .meta({ description: 'no entries from before this time' }),
});

/** Parameters of `DELETE /admin/namespaces/{id}`. */
export const removeQuery = z
  .strictObject({
    force: z
      .enum(['true', 'false', '1', '0'])
      .transform((word) => word === 'true' || word === '1')
      .optional()
      .meta({ description: 'true: purged now' }),
    grace: digits(0, MAX_GRACE_S)
      .optional()
      .meta({ description: 'seconds until it is purged; `NAMESPACE_DELETION_GRACE_S` unless given' }),
  })
  .refine(({ force, grace }) => force !== true || (grace ?? 0) === 0, {
    path: ['grace'],
    message: 'must be 0 or absent where force is true',
  });
