// Documents broken on purpose: one change to a document's tree or text, most of which the rules of the
// specification forbid. Whether a change did break it is for the judges to say.
import { Kind, parse, parseType, parseValue, print, TypeInfo, visit, visitWithTypeInfo } from "graphql";

import { wrongFor, write } from "./values.mjs";

/** The document with one to three changes; the text itself where it cannot be changed so. */
export function mutantOf(schema, text, chance) {
  let tree = JSON.parse(JSON.stringify(parse(text, { noLocation: true })));
  for (let left = 1 + chance.below(2); left > 0; left -= 1) {
    const change = chance.pick(CHANGES);
    change(places(schema, tree), chance, schema, tree);
  }
  return print(tree);
}

/** The text with something put in, taken out or doubled, by characters or by tokens. */
export function garbled(text, chance) {
  const at = chance.below(text.length + 1);
  const piece = chance.pick(PIECES);
  const length = 1 + chance.below(6);
  return chance.pick([
    () => text.slice(0, at) + piece + text.slice(at),
    () => text.slice(0, at) + text.slice(at + length),
    () => text.slice(0, at) + text.slice(at, at + length) + text.slice(at),
    () => text.slice(0, at) + piece + text.slice(at + length),
  ])();
}

const PIECES = [
  ..."{}()[]:!$@=|&.,#\"\\%?^~`;'<>/*+- \t\n\r\0\u0007\u007f\u00a0\u2028\ufeff",
  "...", "..", "on", " on ", "fragment", "query", "null", "true", "__typename", "$x", "@skip(if: true)",
  '""', '"""', '""""', '"a"', '"\\u', '"\\u{1F600}"', '"\\uD83D"', '"\\x"', '"\\u{110000}"', "é", "😀",
  "0", "01", "-", "-0", "1.", ".5", "1e", "1e5", "0x1F", "1_000", "9999999999", "# x\n", "extend", "type A",
];

/** What there is to change, by kind of node; each with the types that graphql-js knows of the place. */
function places(schema, tree) {
  const found = {};
  const info = new TypeInfo(schema);
  const enter = (node, key, parent) => {
    const place = { node, key, parent, type: info.getInputType(), owner: info.getParentType() };
    if (info.getArgument()) place.argument = info.getArgument();
    (found[node.kind] ??= []).push(place);
  };
  visit(tree, visitWithTypeInfo(info, { enter }));
  return found;
}

const name = (value) => ({ kind: Kind.NAME, value });
const field = (value, set) => ({
  kind: Kind.FIELD,
  name: name(value),
  arguments: [],
  directives: [],
  selectionSet: set && { kind: Kind.SELECTION_SET, selections: set.map((it) => field(it)) },
});

/** Changes one place of a kind, where there is one. */
const to = (kind, change) => (found, chance, schema, tree) => {
  if (found[kind]) change(chance.pick(found[kind]), chance, schema, tree, found);
};

const rename = (kind, names) =>
  to(kind, ({ node }, chance, schema) => {
    node.name.value = chance.pick(names(schema, chance));
  });

const typeNames = (schema) => [...Object.keys(schema.getTypeMap()), "NoSuchType"];
const fieldNames = (schema, chance) => {
  const types = Object.values(schema.getTypeMap()).filter((type) => type.getFields);
  return [...Object.keys(chance.pick(types).getFields()), "noSuchField", "__typename", "__schema", "__type"];
};

const CHANGES = [
  rename(Kind.FIELD, fieldNames),
  rename(Kind.ARGUMENT, fieldNames),
  rename(Kind.OBJECT_FIELD, fieldNames),
  rename(Kind.VARIABLE, () => ["v1", "v2", "v3", "noSuchVariable"]),
  rename(Kind.FRAGMENT_SPREAD, () => ["Part1", "Part2", "NoSuchPart"]),
  rename(Kind.FRAGMENT_DEFINITION, () => ["Part1", "Part2", "Unused"]),
  rename(Kind.DIRECTIVE, () => ["skip", "include", "deprecated", "specifiedBy", "oneOf", "noSuch"]),
  rename(Kind.NAMED_TYPE, typeNames),
  to(Kind.FIELD, ({ node }, chance) => {
    node.selectionSet = chance.chance(0.5) ? undefined : field("x", ["id"]).selectionSet;
  }),
  to(Kind.FIELD, ({ node }, chance) => {
    node.alias = chance.pick([name("id"), name("name"), name("__typename"), name("a1"), undefined]);
  }),
  to(Kind.FIELD, ({ node }, chance) => {
    if (node.arguments.length === 0) return;
    const at = chance.below(node.arguments.length);
    if (chance.chance(0.6)) node.arguments.splice(at, 1);
    else node.arguments.push(node.arguments[at]);
  }),
  to(Kind.SELECTION_SET, ({ node, owner }, chance, schema) => {
    const type = chance.chance(0.7) ? (owner?.name ?? "Query") : chance.pick(typeNames(schema));
    const selection = chance.pick([
      field(chance.pick(fieldNames(schema, chance))),
      field(chance.pick(["nodes", "edges", "node", "workout", "pageInfo"]), ["id", "__typename"]),
      { kind: Kind.FRAGMENT_SPREAD, name: name(chance.pick(["Part1", "Part2", "Part3"])), directives: [] },
      {
        kind: Kind.INLINE_FRAGMENT,
        typeCondition: { kind: Kind.NAMED_TYPE, name: name(type) },
        directives: [],
        selectionSet: field("x", ["__typename"]).selectionSet,
      },
    ]);
    node.selections.push(selection);
  }),
  to(Kind.SELECTION_SET, ({ node }, chance) => {
    // The same field once more under another name, or with its other arguments: it may not merge.
    const twin = structuredClone(chance.pick(node.selections));
    if (twin.kind === Kind.FIELD && twin.arguments.length > 0) twin.arguments.pop();
    node.selections.push(twin);
  }),
  to(Kind.ARGUMENT, ({ node, type }, chance) => {
    if (type) node.value = parseValue(write(wrongFor(type, chance)), { noLocation: true });
  }),
  to(Kind.OBJECT_FIELD, ({ node, type }, chance) => {
    if (type) node.value = parseValue(write(wrongFor(type, chance)), { noLocation: true });
  }),
  to(Kind.OBJECT, ({ node }, chance) => {
    if (node.fields.length === 0) return;
    const at = chance.below(node.fields.length);
    if (chance.chance(0.5)) node.fields.splice(at, 1);
    else node.fields.push(node.fields[at]);
  }),
  to(Kind.VARIABLE_DEFINITION, ({ node }, chance, schema) => {
    const types = ["Int", "Int!", "[Int!]", "String", "ID!", "Boolean", "Float", "Task", "TaskFilter"];
    const type = chance.chance(0.7) ? chance.pick(types) : chance.pick(typeNames(schema));
    node.type = parseType(type, { noLocation: true });
  }),
  to(Kind.VARIABLE_DEFINITION, ({ node }, chance) => {
    const text = chance.pick(["null", "1", '"a"', "[1]", "{a: 1}", "$v1", "NAME", "true"]);
    if (text !== "$v1") node.defaultValue = parseValue(text, { noLocation: true });
    else node.type = { kind: Kind.LIST_TYPE, type: node.type };
  }),
  to(Kind.OPERATION_DEFINITION, ({ node }, chance) => {
    const list = node.variableDefinitions;
    if (list.length === 0) return;
    const at = chance.below(list.length);
    if (chance.chance(0.5)) list.splice(at, 1);
    else list.push(structuredClone(list[at]));
  }),
  to(Kind.OPERATION_DEFINITION, ({ node }, chance) => {
    node.variableDefinitions.push({
      kind: Kind.VARIABLE_DEFINITION,
      variable: { kind: Kind.VARIABLE, name: name("unused") },
      type: parseType(chance.pick(["Int", "Task", "NoSuchType", "[ID!]!"]), { noLocation: true }),
      directives: [],
    });
  }),
  to(Kind.OPERATION_DEFINITION, ({ node }, chance) => {
    node.operation = chance.pick(["query", "mutation", "subscription"]);
  }),
  to(Kind.OPERATION_DEFINITION, ({ node }, chance, _schema, tree) => {
    const twin = structuredClone(node);
    if (chance.chance(0.7)) twin.name = chance.chance(0.5) ? undefined : name("Other");
    tree.definitions.push(twin);
  }),
  (found, chance) => directed(found, chance),
  (_found, chance, _schema, tree) => {
    const fragments = tree.definitions.filter((it) => it.kind === Kind.FRAGMENT_DEFINITION);
    if (fragments.length === 0) return;
    const one = chance.pick(fragments);
    if (chance.chance(0.3)) tree.definitions.splice(tree.definitions.indexOf(one), 1);
    else if (chance.chance(0.3)) tree.definitions.push(structuredClone(one));
    else {
      const other = chance.pick(fragments).name;
      one.selectionSet.selections.push({ kind: Kind.FRAGMENT_SPREAD, name: other, directives: [] });
    }
  },
];

/** Puts a directive on something that may not carry it, or twice, or with other arguments. */
function directed(found, chance) {
  const kinds = [
    Kind.FIELD, Kind.OPERATION_DEFINITION, Kind.FRAGMENT_SPREAD, Kind.INLINE_FRAGMENT,
    Kind.FRAGMENT_DEFINITION, Kind.VARIABLE_DEFINITION,
  ].filter((kind) => found[kind]);
  const { node } = chance.pick(found[chance.pick(kinds)]);
  const text = chance.pick([
    "@skip(if: true)", "@include(if: false)", "@skip", "@skip(if: 1)", "@include(if: $v1)", "@skip(if: null)",
    "@include(unless: true)", "@skip(if: true) @skip(if: true)", "@skip(if: true, if: true)", "@noSuch",
    "@deprecated", '@specifiedBy(url: "x")', "@oneOf", '@deprecated(reason: "x")', "@skip(if: $noSuch)",
  ]);
  const carrier = parse(`{ x ${text} }`, { noLocation: true }).definitions[0];
  node.directives = [...(node.directives ?? []), ...carrier.selectionSet.selections[0].directives];
}
