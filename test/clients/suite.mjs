import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_DOCUMENTS, TOKEN } from './server.mjs';

const QUERY = 'how do I reset my password';
const DOCUMENTS = [
  'Our office opens at nine in the morning.',
  'Choose Forgot password on the sign-in page to reset your password.',
  'The password policy demands twelve characters.',
  'Bananas ripen faster beside apples.',
];
/** By words in common with the query; what has none keeps the order it came in. */
const RANKED = [1, 2, 0, 3];
/** Last by its words. */
const HELPED = 3;
/** Feedback on so many requests says that a document helps. */
const FEEDBACKS = 3;

/** For all of a client's tests: an SDK may try again by itself. */
const TIMEOUT_MS = 60_000;

let namespaces = 0;

/**
 * What an SDK has to see of us, the same for all.
 *
 * @param {import('./client.mjs').Client} client
 * @param {() => string} urlOf where the server listens, once it does
 */
export function testClient(client, urlOf) {
  const connect = (namespace, token = TOKEN) =>
    client.connect({
      url: client.inPath ? `${urlOf()}/ns/${namespace}` : urlOf(),
      token,
      headers: client.inPath ? {} : { 'X-NeuralCache-Namespace': namespace },
    });
  const fresh = () => `client-${++namespaces}`;

  describe(client.name, { timeout: TIMEOUT_MS }, () => {
    it('gets every document once, the best first, with scores that fall within 0…1', async () => {
      const { rows } = await connect(fresh())(QUERY, DOCUMENTS);
      assert.deepEqual(indicesOf(rows), RANKED);
      const scores = rows.map(({ score }) => score);
      assert.ok(scores.every((score) => score >= 0 && score <= 1));
      assert.deepEqual(
        scores,
        scores.toSorted((a, b) => b - a),
      );
      assert.ok(scores[0] > scores[1]);
      assert.ok(rows.every(({ document }) => document === undefined));
    });

    it('gets no more than it asks for', async () => {
      const { rows } = await connect(fresh())(QUERY, DOCUMENTS, { topN: 2 });
      assert.deepEqual(indicesOf(rows), RANKED.slice(0, 2));
    });

    if (client.echoes) {
      it('gets the documents along when it asks for them', async () => {
        const { rows } = await connect(fresh())(QUERY, DOCUMENTS, { echo: true });
        assert.deepEqual(
          rows.map(({ document }) => document),
          RANKED.map((index) => DOCUMENTS[index]),
        );
      });
    }

    it('gets another order after feedback, in its own namespace alone', async () => {
      const namespace = fresh();
      const rerank = connect(namespace);
      for (let i = 0; i < FEEDBACKS; i++) {
        const { requestId } = await rerank(QUERY, DOCUMENTS);
        await giveFeedback(urlOf(), namespace, { request_id: requestId, selected_indices: [HELPED] });
      }
      const learned = await rerank(QUERY, DOCUMENTS);
      assert.equal(learned.rows[0].index, HELPED);
      const elsewhere = await connect(fresh())(QUERY, DOCUMENTS);
      assert.deepEqual(indicesOf(elsewhere.rows), RANKED);
    });

    testErrors(client, connect, fresh);
  });
}

function testErrors({ errors }, connect, fresh) {
  const tooMany = Array.from({ length: MAX_DOCUMENTS + 1 }, (_, i) => `document ${i}`);

  if (errors === undefined) {
    it('fails where it is refused', async () => {
      await assert.rejects(connect(fresh(), 'a-wrong-token')(QUERY, DOCUMENTS));
      await assert.rejects(connect(fresh())(QUERY, tooMany));
    });
    return;
  }

  const { badRequest, badStatus, statusOf } = errors;
  const { unauthorized, unauthorizedStatus = 401, unauthorizedWords = /token/ } = errors;
  const { messageOf = (error) => error.message } = errors;
  const refuses = (call, isExpected, status, message) =>
    assert.rejects(call, (error) => {
      assert.ok(isExpected(error), `${error?.name}: ${error?.message}`);
      assert.equal(statusOf(error), status);
      assert.match(messageOf(error), message);
      return true;
    });

  it('throws its own error for a request that makes no sense, saying what is wrong', () =>
    refuses(
      connect(fresh())(QUERY, DOCUMENTS, { topN: -1 }),
      badRequest,
      badStatus,
      /top_?[nk]|numberOfResults/i,
    ));

  it('throws its own error for more documents than allowed, naming the limit', () =>
    refuses(connect(fresh())(QUERY, tooMany), badRequest, badStatus, new RegExp(String(MAX_DOCUMENTS))));

  it('throws its own error for a wrong token', () =>
    refuses(
      connect(fresh(), 'a-wrong-token')(QUERY, DOCUMENTS),
      unauthorized,
      unauthorizedStatus,
      unauthorizedWords,
    ));
}

function indicesOf(rows) {
  return rows.map(({ index }) => index);
}

/** Our own API: no SDK knows it. */
async function giveFeedback(url, namespace, feedback) {
  const response = await fetch(`${url}/feedback`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      'x-neuralcache-namespace': namespace,
    },
    body: JSON.stringify(feedback),
  });
  assert.equal(response.status, 200, await response.text());
}
