import { AppError } from '../base/errors.js';
import type { Effective } from '../catalog/effective.js';
import type { Purpose } from './admission.js';

/** Refuses what the life of a namespace does not allow now. @throws AppError 403, 409 */
export function checkLife({ status, name }: Effective, purpose: Purpose): void {
  switch (status) {
    case 'active':
      return;
    case 'read_only':
      if (purpose !== 'feedback') return;
      throw new AppError('CONFLICT', `Namespace is read-only: ${name}`);
    case 'provisioning':
      throw new AppError('CONFLICT', `Namespace is being provisioned: ${name}`);
    case 'suspended':
      throw new AppError('FORBIDDEN', `Namespace is suspended: ${name}`);
    case 'pending_deletion':
    case 'deleted':
      throw beingDeleted(name);
  }
}

export function unknownNamespace(name: string): AppError {
  return new AppError('NOT_FOUND', `Namespace not found: ${name}`);
}

export function beingDeleted(name: string): AppError {
  return new AppError('CONFLICT', `Namespace is being deleted: ${name}`);
}
