/**
 * What the suite knows of an SDK. The code behind it is what a user of the SDK would write.
 *
 * @typedef {object} Client
 * @property {string} name the package, and what of it
 * @property {(server: Server) => Rerank} connect
 * @property {boolean} [echoes] whether it can ask for the documents in the answer
 * @property {boolean} [inPath] where it cannot send headers: the namespace is in the address
 * @property {Errors} [errors] absent where the SDK swallows what the server said
 */

/**
 * @typedef {object} Server
 * @property {string} url with the namespace where the client cannot send headers; no slash at its end
 * @property {string} token
 * @property {Record<string, string>} headers to be sent along
 */

/**
 * @callback Rerank
 * @param {string} query
 * @param {readonly string[]} documents
 * @param {{ topN?: number, echo?: boolean }} [wishes]
 * @returns {Promise<{ rows: { index: number, score: number, document?: string }[], requestId: string }>}
 */

/**
 * @typedef {object} Errors
 * @property {(error: any) => boolean} badRequest whether it is of the class for requests that cannot be served
 * @property {(error: any) => boolean} unauthorized the same for a wrong token
 * @property {number} badStatus 400 or 422, as the API has it
 * @property {(error: any) => number} statusOf
 * @property {(error: any) => string} [messageOf] what a user gets to read; `message` unless said
 * @property {number} [unauthorizedStatus] where a wrong token is not a 401
 * @property {RegExp} [unauthorizedWords] where the SDK has words of its own for a wrong token
 */

/** Whether an error is of a class. */
export const isA = (errorClass) => (error) => error instanceof errorClass;

/** The fetch that the SDKs find, with a look at what goes through it. */
const realFetch = globalThis.fetch;
const hosts = new Map();
let last = '';

globalThis.fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  const target = hosts.get(url.origin);
  const response = await realFetch(target === undefined ? input : target + url.pathname, init);
  last = response.headers.get('x-request-id') ?? '';
  return response;
};

/** The request id of the last answer, for SDKs that show neither headers nor body. */
export const lastRequestId = () => last;

/** From now on requests to a host go to another address: for SDKs whose host is fixed, as a name server would do. */
export const redirect = (origin, address) => hosts.set(origin, address);
