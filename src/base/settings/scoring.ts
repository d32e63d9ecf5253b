import { auto, decimal, type Kind } from './kinds.js';
import { setting } from './setting.js';

const BUILT = ['hybrid', 'lexical', 'embedding', 'cross-encoder', 'upstream', 'input'];

/** A scorer's name, or several as `name:weight`, comma-separated, each name once, weights above 0. */
const scorer: Kind<string> = {
  accepts:
    '`hybrid`, `lexical`, `embedding`, `cross-encoder`, `upstream`, `input`, or several as `name:weight`, comma-separated',
  parse(value) {
    const parts = value.split(',').map((part) => part.trim());
    const names = parts.map((part) => scorerName(part, parts.length > 1));
    if (new Set(names).size !== names.length) throw new Error('each scorer once');
    return parts.join(',');
  },
};

function scorerName(part: string, weighted: boolean): string {
  const [name, weight, ...rest] = part.split(':').map((piece) => piece.trim());
  if (!BUILT.includes(name!) || rest.length > 0)
    throw new Error(`one of ${BUILT.join(', ')}, or name:weight of several`);
  if (weight === undefined && weighted)
    throw new Error('a weight for each of several scorers, as in lexical:0.35');
  if (weight !== undefined) decimal(0, 1e6, { openMin: true }).parse(weight, { cwd: '' });
  return name!;
}

/** What gives documents their base score. */
export const SCORING_SETTINGS = {
  SCORER: setting(
    scorer,
    'hybrid',
    'What gives the base score; several are scaled to 0…1 and mixed by weight. Unless set, `UPSTREAM_DIALECT` means `upstream`, and the embedding backends `onnx` and `openai` mean `lexical:0.35,embedding:0.65`.',
  ),
  INPUT_PRIOR: setting(
    auto(decimal(0, 1)),
    'auto',
    'Weight of the order in which documents come in. `auto` uses it with `hybrid` and `lexical` where both orders agree.',
  ),
};
