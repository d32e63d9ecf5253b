/** What this program needs of the engine's WebAssembly, which the compiler's own types only know in browsers. */
interface Engine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

const engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;

/** What every kernel exports. */
export interface KernelMemory {
  /** `buffer` is another one once the memory has grown. */
  readonly memory: { readonly buffer: ArrayBuffer };
}

const modules = new Map<string, object>();

/**
 * A new instance of a kernel, with memory of its own; `module` in base64, compiled once. Throws an Error on processors
 * without SIMD, which Node.js itself hardly runs on.
 */
export function instantiate<Kernel extends KernelMemory>(module: string): Kernel {
  const known = modules.get(module) ?? new engine.Module(Buffer.from(module, 'base64'));
  modules.set(module, known);
  const imports = {
    env: {
      abort(): never {
        throw new Error('a kernel ran out of memory');
      },
    },
  };
  return new engine.Instance(known, imports).exports as Kernel;
}
