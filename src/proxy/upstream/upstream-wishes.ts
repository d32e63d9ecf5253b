import { createHash } from 'node:crypto';
import type { ModelWishes } from '../../base/request-wishes.js';
import type { KeyForm, Knobs, UpstreamDialect } from './upstream-dialect.js';
import { takesModel } from './upstream-url.js';

/** What of a caller's wishes reaches the upstream. */
export interface WishRules {
  readonly dialect: UpstreamDialect;
  /** The one that is asked whatever the caller names; absent = the caller's. */
  readonly model?: string | undefined;
  /** Those of single namespaces, over `model`; not where the model is in the path. */
  readonly models?: Readonly<Record<string, string>> | undefined;
  /** Whether the caller's credential goes along instead of ours. */
  readonly passCredentials?: boolean | undefined;
  /** Our key, where the caller's does not go along. */
  readonly apiKey?: string | undefined;
}

const BEARER: KeyForm = { header: 'authorization', scheme: 'Bearer' };
/** W3C Trace Context, version 00 and those to come that start alike. */
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}(-.*)?$/;
/** What a header's value may be made of, without blanks. */
const CREDENTIAL = /^[!-~]{1,8192}$/;

/** The model to ask for; undefined = the upstream's own. */
export function modelOf(
  rules: WishRules,
  wishes: ModelWishes | undefined,
  namespace: string,
): string | undefined {
  return fixedModel(rules, namespace) ?? (takesModel(rules.dialect) ? wishes?.model : undefined);
}

function fixedModel({ model, models }: WishRules, namespace: string): string | undefined {
  return models !== undefined && Object.hasOwn(models, namespace) ? models[namespace] : model;
}

/** Those of the caller's knobs that the vendor knows and that change anything, in the dialect's order. */
export function knobsOf({ dialect }: WishRules, wishes: ModelWishes | undefined): Knobs {
  if (wishes?.knobs === undefined) return {};
  const known = Object.entries(dialect.knobs ?? {}).flatMap(([name, type]) => {
    const value = Object.hasOwn(wishes.knobs!, name) ? wishes.knobs![name] : undefined;
    const isUsual = value === dialect.defaults?.[name];
    return typeof value === type && !isUsual ? [[name, value!] as const] : [];
  });
  return Object.fromEntries(known);
}

export function isRaw({ dialect }: WishRules, wishes: ModelWishes | undefined): boolean {
  return dialect.hasRaw === true && wishes?.rawScores === true;
}

/** The caller's credential, where it goes along. */
export function credentialOf(
  { passCredentials }: WishRules,
  wishes: ModelWishes | undefined,
): string | undefined {
  return passCredentials ? wishes?.credential : undefined;
}

/** Whether refusals are the caller's business: the credential is theirs, or there is none because they have none. */
export function isCallersOwn(
  { passCredentials, apiKey }: WishRules,
  wishes: ModelWishes | undefined,
): boolean {
  return passCredentials === true && (wishes?.credential !== undefined || apiKey === undefined);
}

/** Whether it can be sent at all. */
export function isSendable(credential: string): boolean {
  return CREDENTIAL.test(credential);
}

/** See `PairModel.keyOf`: the model if it is the caller's, knobs, raw or not, and a hash of the caller's credential. */
export function keyOfWishes(rules: WishRules, wishes: ModelWishes | undefined, namespace: string): string {
  if (wishes === undefined) return '';
  const credential = credentialOf(rules, wishes);
  const parts = [
    fixedModel(rules, namespace) === undefined ? (modelOf(rules, wishes, namespace) ?? null) : null,
    knobsOf(rules, wishes),
    isRaw(rules, wishes),
    credential === undefined
      ? null
      : createHash('sha256').update(credential).digest('base64url').slice(0, 22),
  ];
  const key = JSON.stringify(parts);
  return key === PLAIN ? '' : key;
}

/** As if there were no wishes. */
const PLAIN = '[null,{},false,null]';

/** Reads `Name` or `Name: Scheme`; `Authorization` alone means a bearer token. */
export function parseKeyForm(text: string): KeyForm {
  const [header = '', scheme] = text.split(':').map((part) => part.trim());
  if (scheme !== undefined) return { header, scheme };
  return header.toLowerCase() === BEARER.header ? BEARER : { header };
}

/** The header a key goes in. */
export function keyHeader(key: string | undefined, form: KeyForm = BEARER): Record<string, string> {
  if (key === undefined) return {};
  const { header, scheme } = form;
  return { [header.toLowerCase()]: scheme === undefined ? key : `${scheme} ${key}` };
}

/** The caller's `traceparent`, if it is one. */
export function traceHeader(wishes: ModelWishes | undefined): Record<string, string> {
  const traceparent = wishes?.traceparent;
  return traceparent !== undefined && traceparent.length <= 512 && TRACEPARENT.test(traceparent)
    ? { traceparent }
    : {};
}
