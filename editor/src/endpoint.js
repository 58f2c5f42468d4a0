// One question to our own endpoint, over the SPARQL 1.1 Protocol (§2.1.2, query by POST with parameters).

const RESULTS = "application/sparql-results+json";
const GRAPH = "text/turtle";
const ACCEPT = `${RESULTS}, ${GRAPH};q=0.9, application/problem+json;q=0.5`;

/** The endpoint refused: `problem` is its RFC 9457 body, or one that says only the status. */
export class ProblemError extends Error {
  constructor(problem) {
    super(String(problem.title));
    this.problem = problem;
  }
}

/**
 * The answer: `{kind: "table", variables, rows}`, `{kind: "boolean", value}` or `{kind: "graph", text}`.
 * Throws ProblemError, AbortError after `signal`, TypeError without a connection.
 */
export async function run(action, query, { signal, lang }) {
  const response = await fetch(action, {
    method: "POST",
    headers: { Accept: ACCEPT, "Accept-Language": lang },
    body: new URLSearchParams({ query }),
    mode: "same-origin",
    credentials: "omit",
    redirect: "error",
    signal,
  });
  if (!response.ok) throw new ProblemError(await problemOf(response));
  const type = mediaType(response);
  if (type === RESULTS) return answerOf(await response.json());
  return { kind: "graph", text: await response.text() };
}

function mediaType(response) {
  return (response.headers.get("Content-Type") ?? "").split(";")[0].trim().toLowerCase();
}

function answerOf(json) {
  if (typeof json.boolean === "boolean") return { kind: "boolean", value: json.boolean };
  return { kind: "table", variables: json.head.vars ?? [], rows: json.results.bindings };
}

async function problemOf(response) {
  const fallback = { title: `HTTP ${response.status}`, detail: response.statusText, status: response.status };
  if (!mediaType(response).endsWith("json")) return fallback;
  try {
    return { ...fallback, ...(await response.json()) };
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return fallback;
  }
}
