/**
 * The wire protocol for a library from npm: one request per line in, one response per line out.
 *
 * The library is looked for where Node.js looks for it: in a `node_modules` of this folder or of
 * one above it, or in the folders that NODE_PATH names.
 */

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);

/** Raised for what a library cannot do. */
export class Unsupported extends Error {}

/** Return a library and its version. */
export function library(name) {
  return { library: require(name), version: require(`${name}/package.json`).version };
}

const decode = (_, x) => (["NaN", "Infinity", "-Infinity"].includes(x) ? Number(x) : x);

/** Encode as JSON, which has no NaN or infinities; JSON.stringify would write −0 as 0. */
function encode(value) {
  const writable = (_, x) => {
    if (ArrayBuffer.isView(x)) return Array.from(x);
    if (Object.is(x, -0)) return "-0.0";
    return typeof x === "number" && !Number.isFinite(x) ? String(x) : x;
  };
  return JSON.stringify(value, writable).replaceAll('"-0.0"', "-0.0");
}

/** Respond to requests until the input ends; `ops` maps the name of an op to its function. */
export async function serve({ name, version, dtype, ops }) {
  const hello = { protocol: 1, name, version, dtypes: [dtype], ops: Object.keys(ops) };
  const respond = (request) => {
    if (request.op === "hello") return { ok: hello };
    if (request.dtype !== dtype) return { unsupported: request.dtype };
    if (request.op === "echo") return { ok: { values: request.values } };
    if (!Object.hasOwn(ops, request.op)) return { unsupported: request.op };
    return { ok: ops[request.op](request) };
  };
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const request = JSON.parse(line, decode);
    let response;
    try {
      response = respond(request);
    } catch (error) {
      response = { [error instanceof Unsupported ? "unsupported" : "error"]: error.message };
    }
    process.stdout.write(`${encode({ id: request.id, ...response })}\n`);
  }
}
