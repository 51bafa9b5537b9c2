// The schema for graphql-js, whose scalars read their values as the server's do: the SDL alone does not say what
// a day or a moment looks like.
import { readFileSync } from "node:fs";
import { buildSchema, Kind } from "graphql";

import { SCHEMA } from "./regimen.mjs";

const DAY = /^(\d{4}-\d\d-\d\d)$/;
const MOMENT = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

function exists(day) {
  const read = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(day);
}

function reads(pattern, value) {
  const day = typeof value === "string" && pattern.exec(value)?.[1];
  return Boolean(day) && exists(day);
}

export function readSchema() {
  const schema = buildSchema(readFileSync(SCHEMA, "utf8"));
  for (const [name, pattern] of Object.entries({ Date: DAY, DateTime: MOMENT })) {
    const scalar = schema.getType(name);
    scalar.parseValue = (value) => {
      if (!reads(pattern, value)) throw new TypeError(`no ${name}: ${value}`);
      return value;
    };
    scalar.parseLiteral = (node) => scalar.parseValue(node.kind === Kind.STRING ? node.value : undefined);
  }
  return schema;
}
