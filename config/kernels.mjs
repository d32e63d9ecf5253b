// Compiles src/**/kernels/*.as.ts (AssemblyScript) into the modules beside them: `npm run kernels`. A test holds them equal.
import { readFileSync, writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

/** The kernels: source, module, and the name under which the module exports its bytes. */
export const KERNELS = [
  {
    source: 'src/base/kernels/words.as.ts',
    module: 'src/base/kernels/words-module.ts',
    name: 'WORDS_MODULE',
  },
  {
    source: 'src/base/kernels/fingerprints.as.ts',
    module: 'src/base/kernels/fingerprints-module.ts',
    name: 'FINGERPRINTS_MODULE',
  },
  {
    source: 'src/encoders/kernels/rows.as.ts',
    module: 'src/encoders/kernels/rows-module.ts',
    name: 'ROWS_MODULE',
  },
];

const root = new URL('../', import.meta.url);

/** Text of a kernel's module. Throws an Error with the compiler's words where the source does not compile. */
export async function compileKernel({ source, name }) {
  let binary;
  const words = [];
  const { error } = await asc.main(
    [source, '--runtime', 'stub', '--enable', 'simd', '-O3', '--noAssert', '--outFile', 'kernel.wasm'],
    {
      stderr: { write: (text) => words.push(text) },
      readFile: (file, folder) => {
        try {
          // Imports end with .js as everywhere; the compiler puts .ts behind.
          return readFileSync(new URL(`${folder}/${file.replace(/\.js\.ts$/, '.ts')}`, root), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (_file, content) => {
        binary = content;
      },
    },
  );
  if (error) throw new Error(`${source} does not compile: ${words.join('')}`, { cause: error });
  const text = Buffer.from(binary).toString('base64');
  return `/** WebAssembly of the source beside this file, base64. Made by \`npm run kernels\`. */\nexport const ${name} =\n  '${text}';\n`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const kernel of KERNELS) writeFileSync(new URL(kernel.module, root), await compileKernel(kernel));
}
