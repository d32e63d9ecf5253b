import { z } from 'zod';
import { ERRORS } from '../../base/errors.js';
import type { NamedSchema } from './described.js';

const CODES = Object.keys(ERRORS) as [keyof typeof ERRORS, ...(keyof typeof ERRORS)[]];
const status = z.int().min(400).max(599);
const message = z.string().meta({ description: 'one sentence for people' });

/** One broken rule of a body. */
export const issue = z.object({
  loc: z.array(z.union([z.string(), z.int()])).meta({ description: 'where: `["documents", 3, "id"]`' }),
  msg: z.string(),
  type: z.string().meta({ description: 'which kind of rule' }),
});

/** The inner part of native errors, also of the items of a batch. */
export const errorFields = z.object({
  code: z.enum(CODES),
  message,
  detail: z
    .union([z.array(issue), z.looseObject({}), z.null()])
    .meta({ description: 'of `VALIDATION_ERROR` the list of broken rules' }),
});

export const nativeError: NamedSchema = { name: 'NativeError', schema: z.object({ error: errorFields }) };

/** For callers that cannot be told apart: each client of the family finds its own key. */
export const supersetError: NamedSchema = {
  name: 'AnyClientError',
  schema: z.object({
    id: z.string(),
    message,
    detail: z.string(),
    error: z.object({ message, type: z.string(), param: z.null(), code: z.enum(CODES) }),
  }),
};

export const cohereError: NamedSchema = {
  name: 'CohereError',
  schema: z.object({ id: z.string(), message }),
};

export const detailError: NamedSchema = { name: 'DetailError', schema: z.object({ detail: message }) };

export const awsError: NamedSchema = { name: 'AwsError', schema: z.object({ message }) };

/** OpenAI's form; APIs differ in what `code` is. */
function openAiError(name: string, code: z.ZodType, more: z.ZodRawShape = { param: z.null() }): NamedSchema {
  return { name, schema: z.object({ error: z.object({ message, type: z.string(), ...more, code }) }) };
}

export const vllmError = openAiError('VllmError', status);
export const liteLlmError = openAiError('LiteLlmError', z.string());
export const togetherError = openAiError('TogetherError', z.enum(CODES));
export const llamaCppError = openAiError('LlamaCppError', status, {});

export const teiError: NamedSchema = {
  name: 'TeiError',
  schema: z.object({
    error: message,
    error_type: z.enum(['Unhealthy', 'Backend', 'Overloaded', 'Validation', 'Empty']),
  }),
};

const infinityIssue = issue.extend({ input: z.null(), ctx: z.object({}) });

export const infinityError: NamedSchema = {
  name: 'InfinityError',
  schema: z.union([
    z.object({ detail: z.union([z.array(infinityIssue), z.literal('Unauthorized')]) }),
    z.object({ error: z.object({ message, type: z.enum(CODES), param: z.null(), code: status }) }),
  ]),
};

export const mixedbreadError: NamedSchema = {
  name: 'MixedbreadError',
  schema: z.object({ type: z.string(), message, details: z.null() }),
};

export const pineconeError: NamedSchema = {
  name: 'PineconeError',
  schema: z.object({ error: z.object({ code: z.string(), message }), status }),
};

export const siliconflowError: NamedSchema = {
  name: 'SiliconflowError',
  schema: z.object({ code: z.int(), message, data: z.null() }),
};

/** A problem (RFC 9457). */
export const nvidiaError: NamedSchema = {
  name: 'NvidiaError',
  schema: z.object({
    type: z.literal('about:blank'),
    title: z.string(),
    status,
    detail: message,
    requestId: z.string(),
  }),
};

export const vertexError: NamedSchema = {
  name: 'VertexError',
  schema: z.object({ error: z.object({ code: status, message, status: z.string() }) }),
};

const cause = { type: z.string(), reason: message };

export const elasticsearchError: NamedSchema = {
  name: 'ElasticsearchError',
  schema: z.object({ error: z.object({ root_cause: z.array(z.object(cause)), ...cause }), status }),
};

export const deepinfraError: NamedSchema = {
  name: 'DeepinfraError',
  schema: z.object({ detail: z.object({ error: message }) }),
};
