// Values for arguments and variables: such as the schema takes, extreme ones among them, and such as it
// must refuse. A value is written as in GraphQL; `Enum` and `Variable` mark what JSON has no word for.
import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from "graphql";

export class Enum {
  constructor(name) {
    this.name = name;
  }
}

export class Variable {
  constructor(name) {
    this.name = name;
  }
}

/** A number as it is written, where JSON would write it otherwise. */
export class Written {
  constructor(text) {
    this.text = text;
  }
}

const ID = "0190a5d0-0000-7000-8000-000000000001";

const ORDINARY = {
  Int: [0, 1, 2, 5, 20],
  Float: [0, 1, 2.5, 80],
  String: ["squat", "a", "Leg day"],
  Boolean: [true, false],
  ID: [ID],
  Date: ["2026-05-31"],
  DateTime: ["2026-05-31T10:00:00Z"],
  JSON: [{ app: [1, "two", null] }],
};

const EXTREME = {
  Int: [-1, 2147483647, -2147483648, 1000, 100000],
  Float: [-0.0, 1e308, -1e308, 5e-324, 0.1 + 0.2, 1e21, 99999999, new Written("1E2")],
  String: ["", " ", "\u0000", "\u0007", "🏋️", "\u202e", "x".repeat(3000), "%_\\", "'; --", "\ufeff"],
  Boolean: [true, false],
  ID: ["", "x", ID.toUpperCase(), "00000000-0000-0000-0000-000000000000", 7],
  Date: ["0001-01-01", "9999-12-31", "2026-02-29", "2026-13-01", "", "2026-5-1"],
  DateTime: ["0001-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "2026-05-31T10:00:00+14:00", "now", ""],
  JSON: [{ "x-app": 1 }, null, [], {}, 0, "", [[[[]]]], { "": { "": 1 } }, 1e308],
};

const WRONG = {
  Int: ["1", 1.5, 2147483648, true, {}, new Enum("ONE"), new Written("1.0")],
  Float: ["1.5", true, {}, new Enum("ONE")],
  String: [1, 1.5, true, {}, new Enum("WORD")],
  Boolean: [0, "true", new Enum("TRUE"), {}],
  ID: [1.5, true, {}, new Enum("WORD")],
};

/** A value that a type takes, written in a document; now and then an extreme one. */
export function valueOf(type, chance, extreme = 0, depth = 0) {
  if (isNonNullType(type)) {
    return present(type.ofType, chance, extreme, depth);
  }
  return chance.chance(0.1) ? null : present(type, chance, extreme, depth);
}

function present(type, chance, extreme, depth) {
  if (isListType(type)) {
    if (chance.chance(0.15) && !isListType(type.ofType)) {
      return valueOf(type.ofType, chance, extreme, depth);
    }
    const length = chance.below(depth > 2 ? 1 : 3);
    return Array.from({ length }, () => valueOf(type.ofType, chance, extreme, depth + 1));
  }
  if (isEnumType(type)) {
    return new Enum(chance.pick(type.getValues()).name);
  }
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    const taken = type.isOneOf
      ? [chance.pick(fields)]
      : fields.filter((field) => isRequiredInputField(field) || chance.chance(depth > 2 ? 0 : 0.4));
    const filled = taken.map((field) => [
      field.name,
      type.isOneOf
        ? present(field.type, chance, extreme, depth + 1)
        : valueOf(field.type, chance, extreme, depth + 1),
    ]);
    return Object.fromEntries(filled);
  }
  return chance.pick(chance.chance(extreme) ? (EXTREME[type.name] ?? [0]) : ORDINARY[type.name]);
}

/** A value that is most likely not the type's. */
export function wrongFor(type, chance) {
  if (isNonNullType(type)) {
    return chance.chance(0.3) ? null : wrongFor(type.ofType, chance);
  }
  if (isListType(type)) {
    return chance.chance(0.5) ? [wrongFor(type.ofType, chance)] : wrongFor(type.ofType, chance);
  }
  if (isEnumType(type)) {
    return chance.pick([new Enum("NO_SUCH_VALUE"), type.getValues()[0].name, 0, true]);
  }
  if (isInputObjectType(type)) {
    const right = valueOf(type, chance, 0) ?? {};
    const names = Object.keys(type.getFields());
    const name = chance.pick(names);
    return chance.pick([
      { ...right, noSuchField: 1 },
      { ...right, [name]: wrongFor(type.getFields()[name].type, chance) },
      {},
      "text",
      [right, right],
    ]);
  }
  return chance.pick(WRONG[type.name] ?? [1]);
}

/** A value as a document has it. */
export function write(value) {
  if (value instanceof Enum) return value.name;
  if (value instanceof Variable) return `$${value.name}`;
  if (value instanceof Written) return value.text;
  if (Array.isArray(value)) return `[${value.map(write).join(", ")}]`;
  if (value !== null && typeof value === "object") {
    const fields = Object.entries(value).map(([name, field]) => `${name}: ${write(field)}`);
    return `{${fields.join(", ")}}`;
  }
  return Object.is(value, -0) ? "-0" : JSON.stringify(value);
}

/** A value as the variables of a request have it. */
export function asJson(value) {
  if (value instanceof Enum) return value.name;
  if (value instanceof Written) return Number(value.text);
  if (Array.isArray(value)) return value.map(asJson);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, asJson(field)]));
  }
  return value;
}
