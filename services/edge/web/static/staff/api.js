// Calls the JSON API for the signed-in person. The session is a cookie, which no script sees; the
// services take it only with this header, which pages of other sites cannot send.

import { Problem } from "../problem.js";

const HEADERS = { "x-enrayon-session": "page" };
const PATIENCE_MS = 10_000;

export const read = (path) => send(path, undefined, "GET");

export async function send(path, body, method = "POST") {
  const answer = await asked(path, { method, ...written(body), signal: AbortSignal.timeout(PATIENCE_MS) });
  return answer.json().catch(() => { throw new Problem(0); });
}

/** The messages of a stream, one JSON object in each line. */
export async function* messages(path, signal) {
  const answer = await asked(path, { signal });
  const decoder = new TextDecoder();
  let rest = "";
  for (const reader = answer.body.getReader(); ;) {
    const { value, done } = await reader.read().catch(() => { throw new Problem(0); });
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line) yield JSON.parse(line);
  }
}

/** The entries of all pages of a list, up to `most`. */
export async function all(path, field, most = 5000) {
  const found = [];
  for (let token = ""; found.length < most;) {
    const page = await read(`${path}${path.includes("?") ? "&" : "?"}page_size=1000&page_token=${encodeURIComponent(token)}`);
    found.push(...(page[field] || []));
    token = page.nextPageToken;
    if (!token) break;
  }
  return found;
}

const written = (body) => (body === undefined ? {} : { body: JSON.stringify(body), json: true });

async function asked(path, { json, ...options }) {
  const headers = json ? { ...HEADERS, "content-type": "application/json" } : HEADERS;
  const answer = await fetch(path, { ...options, headers, credentials: "same-origin", cache: "no-store" })
    .catch(() => { throw new Problem(0); });
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => null));
  return answer;
}
