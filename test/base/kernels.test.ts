import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileKernel, KERNELS } from '../../config/kernels.mjs';
import { REPOSITORY_ROOT } from '../fixtures/repository-root.js';

describe('kernels', () => {
  it.each(KERNELS)('$module is what its source compiles to', async (kernel) => {
    expect(readFileSync(join(REPOSITORY_ROOT, kernel.module), 'utf8')).toBe(await compileKernel(kernel));
  });
});
