import type { IncomingHttpHeaders } from 'node:http';
import { bedrock } from './bedrock.js';
import type { Dialect } from './dialect.js';
import { isPineconeClient, pinecone } from './pinecone.js';
import { voyage } from './voyage.js';
import { isVoyageAgent } from './voyage-marks.js';

/** What AWS's clients show: a signature, or a name of their own (botocore, AWS SDKs, the AI SDK's provider). */
const AWS_SIGNATURE = /^AWS4-/;
const AWS_AGENT = /^(?:boto3|botocore|aws-sdk|aws-cli)|\bai-sdk\/amazon-bedrock\//i;

/**
 * The dialect of clients that say in their headers who they are, for refusals before the body is read; undefined where
 * only the body tells.
 */
export function dialectOfClient(headers: IncomingHttpHeaders): Dialect | undefined {
  if (isPineconeClient({ headers })) return pinecone;
  if (isVoyageAgent(headers)) return voyage;
  return isAwsClient(headers) ? bedrock : undefined;
}

function isAwsClient(headers: IncomingHttpHeaders): boolean {
  return AWS_SIGNATURE.test(headers.authorization ?? '') || AWS_AGENT.test(headers['user-agent'] ?? '');
}
