import { z } from 'zod';
import { QUOTA_NAMES, type QuotaName } from '../../catalog/quota.js';

const share = z.number().gt(0).max(1);
const amount = z.int().min(0);

/** A limit alone: a whole number, or null for none. */
const limit = amount.nullable();

/** A quota in full. */
const quotaSpec = z.strictObject({
  limit: limit.meta({ description: 'null = no limit' }),
  warning_threshold: share.optional().meta({ description: 'share used from which callers are warned; .8' }),
  action: z
    .enum(['reject', 'throttle', 'alert'])
    .optional()
    .meta({ description: 'at the limit: refused, made to wait a while, or let pass and told of' }),
  burst: z.int().min(1).optional().meta({ description: 'of rates: what may come at once; the limit' }),
  auto_raise: z
    .strictObject({
      above: share.meta({ description: 'share used from which the limit is raised' }),
      factor: z.number().gt(1).max(1000).meta({ description: 'what it is multiplied by' }),
      ceiling: amount.meta({ description: 'what it never exceeds' }),
    })
    .optional()
    .meta({ description: 'of vectors, bytes, memory and namespaces: a limit that grows by itself' }),
});

const quota = z.union([limit, quotaSpec]);

/** Quotas by name, each as a limit alone or in full. */
export const quotasSpec = z.strictObject(
  Object.fromEntries(QUOTA_NAMES.map((name) => [name, quota.optional()])) as Record<
    QuotaName,
    z.ZodOptional<typeof quota>
  >,
);
