import { AwsV4Signer } from 'aws4fetch';

/** What AWS gives out to sign requests with. */
export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** An access key as `ID:SECRET` or `ID:SECRET:SESSION`; undefined where it is a key to send as it is. */
export function parseAwsKey(key: string): AwsKey | undefined {
  const found = /^([A-Z0-9]{16,128}):([A-Za-z0-9+/=]+)(?::([!-~]+))?$/.exec(key);
  if (found === null) return undefined;
  const [, accessKeyId, secretAccessKey, sessionToken] = found;
  return {
    accessKeyId: accessKeyId!,
    secretAccessKey: secretAccessKey!,
    ...(sessionToken && { sessionToken }),
  };
}

/**
 * Headers that sign a request to Bedrock by AWS Signature Version 4, good for some minutes from `now` (epoch ms). The region
 * is the host's; `us-east-1` where it names none.
 */
export async function signForBedrock(
  url: string,
  body: string,
  key: AwsKey,
  now: number,
): Promise<Record<string, string>> {
  const region = /\.([a-z]{2,3}(?:-[a-z]+)+-\d)\./.exec(new URL(url).hostname)?.[1] ?? 'us-east-1';
  const datetime = new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, '');
  const signer = new AwsV4Signer({ method: 'POST', url, body, service: 'bedrock', region, datetime, ...key });
  const { headers } = await signer.sign();
  // Undici sets it, and to the same.
  headers.delete('host');
  return Object.fromEntries(headers);
}
