// Documents made up from a schema: operations with nested fields, fragments, variables, aliases and
// directives, all of them valid unless somebody breaks them afterwards.
import {
  getNamedType,
  GraphQLBoolean,
  GraphQLNonNull,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
} from "graphql";

import { asJson, Enum, valueOf, Variable, write } from "./values.mjs";

/** Scalars that have no literal of their own in a document: their values travel as variables. */
const ONLY_AS_VARIABLE = new Set(["JSON"]);

const CONDITION = new GraphQLNonNull(GraphQLBoolean);

/**
 * A document with one operation, and values for its variables.
 *
 * `roots` says which fields of the root it may begin with, `extreme` how often a value is an extreme one.
 */
export function documentOf(schema, chance, { kind = "query", roots, extreme = 0, depth = 5 } = {}) {
  return new Writer(schema, chance, extreme).document(kind, roots, depth);
}

/** Whether a value has a literal: a key of JSON may be no name. */
function isWritten(value) {
  if (value === null || typeof value !== "object") return true;
  const isName = (key) => Array.isArray(value) || /^[_A-Za-z]\w*$/.test(key);
  return Object.entries(value).every(([key, part]) => isName(key) && isWritten(part));
}

class Writer {
  constructor(schema, chance, extreme) {
    this.schema = schema;
    this.chance = chance;
    this.extreme = extreme;
    this.variables = [];
    this.fragments = [];
    this.aliases = 0;
  }

  document(kind, roots, depth) {
    const root = this.schema.getRootType(kind);
    let fields = Object.values(root.getFields());
    if (roots) fields = fields.filter((field) => roots.includes(field.name));
    const many = kind === "subscription" ? 1 : 1 + this.chance.below(3);
    const picked = this.chance.some(fields, many);
    const body = picked.map((field) => this.field(field, depth, kind !== "subscription"));
    if (kind !== "subscription" && this.chance.chance(0.2)) body.push("__typename");
    const declared = this.variables.map(({ name, type, fallback }) => `$${name}: ${type}${fallback}`);
    const head = declared.length > 0 ? `(${declared.join(", ")})` : "";
    const operation = `${kind} Asked${head} {\n${body.join("\n")}\n}`;
    const parts = [operation, ...this.fragments];
    if (this.chance.chance(0.3)) parts.reverse();
    const given = this.variables.filter(({ absent }) => !absent);
    return {
      text: parts.join("\n\n"),
      variables: Object.fromEntries(given.map(({ name, value }) => [name, asJson(value)])),
    };
  }

  field(field, depth, mayBeLeftOut = true) {
    const taken = field.args.filter((it) => isRequiredArgument(it) || this.chance.chance(0.35));
    const values = taken.map((it) => `${it.name}: ${write(this.argument(it))}`);
    const list = values.length > 0 ? `(${values.join(", ")})` : "";
    // Two places may ask for one field with different arguments: then it needs a name of its own.
    const named = field.args.length > 0 || this.chance.chance(0.1);
    const alias = named ? `a${++this.aliases}: ` : "";
    const directive = mayBeLeftOut && this.chance.chance(0.06) ? ` ${this.directive()}` : "";
    const below = getNamedType(field.type);
    const set = isCompositeType(below) ? ` ${this.set(below, depth - 1)}` : "";
    return `${alias}${field.name}${list}${directive}${set}`;
  }

  /** What stands for an argument: a literal, or a variable in its place or somewhere within it. */
  argument({ type, defaultValue }) {
    const value = valueOf(type, this.chance, this.extreme);
    const needsOne = ONLY_AS_VARIABLE.has(getNamedType(type).name);
    if (needsOne || this.chance.chance(0.4)) return this.variable(type, value, defaultValue);
    return this.withVariables(type, value);
  }

  variable(type, value, defaultValue) {
    const name = `v${this.variables.length + 1}`;
    const chance = this.chance;
    let text = String(type);
    let fallback = "";
    let absent = !text.endsWith("!") && chance.chance(0.25);
    if (text.endsWith("!") && defaultValue !== undefined && chance.chance(0.4)) {
      text = text.slice(0, -1);
      absent = chance.chance(0.6);
      value ??= null;
    } else if (chance.chance(0.2) && !ONLY_AS_VARIABLE.has(getNamedType(type).name)) {
      const literal = valueOf(type, chance, this.extreme);
      if (isWritten(literal)) {
        fallback = ` = ${write(literal)}`;
        absent = chance.chance(0.5);
      }
    } else if (!text.endsWith("!") && value !== null && chance.chance(0.3)) {
      text += "!";
      absent = false;
    }
    this.variables.push({ name, type: text, fallback, absent, value });
    return new Variable(name);
  }

  /** Puts variables in the place of some fields of an input. */
  withVariables(type, value) {
    const named = getNamedType(type);
    if (Array.isArray(value)) return value.map((item) => this.withVariables(named, item));
    const isObject = value !== null && typeof value === "object";
    if (!isObject || value instanceof Enum || !named.getFields) return value;
    const entries = Object.entries(value).map(([name, part]) => {
      const field = named.getFields()[name];
      const needsOne = ONLY_AS_VARIABLE.has(getNamedType(field.type).name);
      if (!needsOne && !this.chance.chance(0.15)) return [name, this.withVariables(field.type, part)];
      if (named.isOneOf) return [name, part];
      return [name, this.variable(field.type, part, field.defaultValue)];
    });
    return Object.fromEntries(entries);
  }

  directive() {
    const name = this.chance.pick(["skip", "include"]);
    const value = this.chance.chance(0.5)
      ? write(this.chance.chance(0.5))
      : write(this.variable(CONDITION, this.chance.chance(0.5)));
    return `@${name}(if: ${value})`;
  }

  set(type, depth) {
    const fields = isAbstractType(type) && !type.getFields ? [] : Object.values(type.getFields());
    const leaves = fields.filter((it) => !isCompositeType(getNamedType(it.type)));
    const branches = fields.filter((it) => isCompositeType(getNamedType(it.type)));
    const body = this.chance
      .some(leaves, 1 + this.chance.below(4))
      .map((field) => this.field(field, depth));
    if (depth > 0) {
      const some = this.chance.some(branches, 1 + this.chance.below(2));
      body.push(...some.map((field) => this.field(field, depth)));
    }
    if (this.chance.chance(0.15)) body.push("__typename");
    if (depth > 0 && this.chance.chance(0.2)) body.push(this.fragment(type, depth - 1));
    if (isAbstractType(type)) {
      const kinds = this.chance.some(this.schema.getPossibleTypes(type), 2);
      body.push(...kinds.map((kind) => `... on ${kind.name} ${this.set(kind, depth - 1)}`));
    }
    return `{\n${(body.length > 0 ? body : ["__typename"]).join("\n")}\n}`;
  }

  fragment(type, depth) {
    const above = isObjectType(type) ? [type, ...type.getInterfaces()] : [type];
    const on = this.chance.pick(above);
    const directive = this.chance.chance(0.2) ? ` ${this.directive()}` : "";
    if (this.chance.chance(0.5)) {
      const condition = on === type && this.chance.chance(0.3) ? "" : ` on ${on.name}`;
      return `...${condition}${directive} ${this.set(on, depth)}`;
    }
    const name = `Part${this.fragments.length + 1}`;
    this.fragments.push("");
    const index = this.fragments.length - 1;
    this.fragments[index] = `fragment ${name} on ${on.name} ${this.set(on, depth)}`;
    return `...${name}${directive}`;
  }
}
