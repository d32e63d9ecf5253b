import { z } from 'zod';
import { rowExplanation } from './explanation.js';

/** Text with something in it besides white space. */
export const filledText = z.string().regex(/\S/);

/** A number of anything that is at least 0. */
export const count = z.int().min(0);

/** JSON `null` counts as absent in every request. */
export function maybe<T extends z.ZodType>(schema: T, description: string): z.ZodType {
  return schema.nullish().meta({ description });
}

/** A flag as some clients send it: a word or a number. */
export function flag(description: string): z.ZodType {
  return maybe(
    z.union([z.boolean(), z.enum(['true', 'false', '1', '0']), z.literal(0), z.literal(1)]),
    description,
  );
}

/** A whole number from `least` (none = any), or its digits. */
export function wholeNumber(least: 0 | 1 | undefined, description: string): z.ZodType {
  if (least === undefined) return maybe(z.union([z.int(), z.string().regex(/^-?\d{1,15}$/)]), description);
  const digits = least === 0 ? /^\d{1,15}$/ : /^[1-9]\d{0,14}$/;
  return maybe(z.union([z.int().min(least), z.string().regex(digits)]), description);
}

/** How many results; undefined where the API has no such field. */
export function topN(
  least: 0 | 1,
  description = 'most results; more than there are documents is all',
): z.ZodType {
  return wholeNumber(least, description);
}

/** Name of a model. With local scorers any is taken, and given back. */
export const model = maybe(
  z.string().max(512),
  'any name is taken; a service behind us may want a certain one',
);

/** Text that scores depend on, such as an instruction. */
export const knobText = maybe(z.string().max(8192), 'given to the model behind, if it knows it');
export const knobNumber = wholeNumber(undefined, 'given to the model behind, if it knows it');
export const knobFlag = flag('given to the model behind, if it knows it');

/** A query: a text, or an object that wraps one. What wraps none (an image, say) is compared as JSON. */
export function query(takesBlank = false): z.ZodType {
  const text = takesBlank ? z.string() : filledText;
  const part = z.looseObject({ text: text.nullish() });
  const wrapped = z.looseObject({
    text: text.nullish(),
    content: z.union([text, z.array(part)]).nullish(),
  });
  return z.union([text, wrapped]).meta({ description: 'what the documents are ranked by' });
}

const document = z.union([
  z.string(),
  z
    .looseObject({
      id: z.unknown().optional(),
      text: z.string().nullish(),
      content: z.union([z.string(), z.array(z.looseObject({ text: z.string().nullish() })).min(1)]).nullish(),
    })
    .meta({
      description:
        'ranked by `text`, else by `content` or its text parts, else whole as JSON; a string as `id` names it for the memory',
    }),
]);

/** Documents: strings, objects, or one of either alone. */
export function documents(most: number): z.ZodType {
  return z
    .union([z.array(document).min(1).max(most), document])
    .meta({ description: 'what is ranked; a single one may stand alone' });
}

export const rankFields = maybe(z.array(z.string()), 'parts of object documents to rank by, in this order');
export const returnDocuments = flag('whether results carry their documents');

const explain = rowExplanation.optional();

/** One result of the usual kind. `index` is the place in this request. */
export function row(score: 'relevance_score' | 'score' | 'logit', more: z.ZodRawShape = {}): z.ZodType {
  return z.object({ index: count, [score]: scoreValue(score), ...more, explain });
}

function scoreValue(name: string): z.ZodType {
  return name === 'logit'
    ? z.number().min(-16).max(16).meta({ description: 'the logistic function of it is the score in 0…1' })
    : z.number().meta({ description: 'in 0…1 unless raw scores were asked for; falls with rank' });
}

/** The document of a result as an object: the caller's own, or `{text}` of a string. Only where it was asked for. */
export const echoedObject = z.looseObject({ text: z.unknown().optional() }).optional();
export const echoedText = z.string().optional();

export const tokens = count.meta({ description: 'an estimate: four characters to the token' });
export const requestId = z.string().meta({ description: 'the id of the request; feedback names it' });
