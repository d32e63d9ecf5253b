import { z } from 'zod';
import { leastLimit, QUOTA_NAMES, type QuotaName } from '../../catalog/quota.js';

const share = z.number().gt(0).max(1);

/** A limit alone: a whole number, or null for none. */
const limitFrom = (least: 0 | 1) => z.int().min(least).nullable();

/** What all quotas are in full, but for the limit. */
const about = {
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
      ceiling: z.int().min(1).meta({ description: 'what it never exceeds' }),
    })
    .optional()
    .meta({ description: 'of vectors, bytes, memory and namespaces: a limit that grows by itself' }),
};

const quotaFrom = (least: 0 | 1) => {
  const limit = limitFrom(least);
  const spec = z.strictObject({ limit: limit.meta({ description: 'null = no limit' }), ...about });
  return z.union([limit, spec]).optional();
};
const quotas = [quotaFrom(0), quotaFrom(1)] as const;

/** Quotas by name, each as a limit alone or in full. */
export const quotasSpec = z.strictObject(
  Object.fromEntries(QUOTA_NAMES.map((name) => [name, quotas[leastLimit(name)]])) as Record<
    QuotaName,
    ReturnType<typeof quotaFrom>
  >,
);
