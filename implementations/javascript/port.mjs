/** The wire protocol: one request per line on standard input, one response per line on output. */

import { createInterface } from "node:readline";
import { forward, gradients, loss, train } from "./network.mjs";

const DTYPES = {
  float64: { Row: Float64Array, round: (x) => x },
  float32: { Row: Float32Array, round: Math.fround },
};

const OPS = {
  echo: ({ values }, read) => ({ values: read.numbers(values, "values") }),
  forward: (request, read) => forward(...read.network(request)),
  loss: (request, read) => loss(...read.labelled(request), read.round),
  gradients: (request, read) => gradients(...read.labelled(request), read.round),
  train: (request, read) => train(...read.labelled(request), read.round, read.schedule(request)),
};

function require(condition, message) {
  if (!condition) throw new Error(message);
}

/** Reads a request's fields as numbers of one dtype; throws if they violate the protocol. */
class Reader {
  constructor({ Row, round }) {
    this.Row = Row;
    this.round = round;
  }

  number(x, name) {
    const isNumber = typeof x === "number" || ["NaN", "Infinity", "-Infinity"].includes(x);
    require(isNumber, `${name} must be a number, "NaN", "Infinity" or "-Infinity"`);
    return this.round(Number(x));
  }

  numbers(list, name) {
    require(Array.isArray(list), `${name} must be a list of numbers`);
    return list.map((x) => this.number(x, `each number in ${name}`));
  }

  matrix(rows, name, height) {
    require(Array.isArray(rows), `${name} must be a list of rows`);
    require(rows.length === height, `${name} must have ${height} rows, not ${rows.length}`);
    require(rows.every((row) => row?.length === 2), `each row of ${name} must have 2 numbers`);
    return rows.map((row) => this.Row.from(this.numbers(row, name)));
  }

  network({ params, X }) {
    const W1 = this.matrix(params?.W1, "W1", 2);
    const b1 = this.number(params.b1, "b1");
    const W2 = this.matrix(params.W2, "W2", 2);
    const b2 = this.number(params.b2, "b2");
    return [{ W1, b1, W2, b2 }, this.matrix(X, "X", X?.length)];
  }

  labelled(request) {
    const [params, X] = this.network(request);
    return [params, X, this.matrix(request.T, "T", X.length)];
  }

  schedule({ learning_rate, epochs, batch_size, train_biases }) {
    require(Number.isInteger(epochs) && epochs >= 0, "epochs must be 0 or a positive integer");
    require(Number.isInteger(batch_size) && batch_size > 0, "batch_size must be a positive integer");
    require(typeof train_biases === "boolean", "train_biases must be true or false");
    learning_rate = this.number(learning_rate, "learning_rate");
    return { learning_rate, epochs, batch_size, train_biases };
  }
}

function hello({ protocol }) {
  require(protocol === 1, "only protocol 1 is supported");
  return {
    protocol,
    name: "javascript",
    version: `node ${process.versions.node}`,
    dtypes: Object.keys(DTYPES),
    ops: Object.keys(OPS).filter((op) => op !== "echo"),
  };
}

function answer(request) {
  const { op, dtype } = request;
  if (op === "hello") return { ok: hello(request) };
  require(typeof op === "string", "op must be a string");
  if (!Object.hasOwn(OPS, op)) return { unsupported: op };
  require(typeof dtype === "string", "dtype must be a string");
  if (!Object.hasOwn(DTYPES, dtype)) return { unsupported: dtype };
  const result = OPS[op](request, new Reader(DTYPES[dtype]));
  return result === null ? { unsupported: op } : { ok: result };
}

function answerLine(line) {
  let id = null;
  try {
    const request = JSON.parse(line);
    require(request?.constructor === Object, "a request must be a JSON object");
    id = request.id ?? null;
    return { id, ...answer(request) };
  } catch (error) {
    return { id, error: error.message };
  }
}

/** Encode as JSON, which has no NaN or infinities; JSON.stringify would write −0 as 0. */
function encode(value) {
  const writable = (_, x) => {
    if (ArrayBuffer.isView(x)) return Array.from(x);
    if (Object.is(x, -0)) return "-0.0";
    return typeof x === "number" && !Number.isFinite(x) ? String(x) : x;
  };
  return JSON.stringify(value, writable).replaceAll('"-0.0"', "-0.0");
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${encode(answerLine(line))}\n`);
}
