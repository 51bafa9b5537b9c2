// graphql-js as a second opinion: it executes the same operation, and takes what the fields hold from the
// server, which it asks in the plainest way there is: one root field at a time, every field once, without
// aliases, fragments, directives or literals. What is left to differ is execution itself.
import { execute, GraphQLError, isAbstractType, isCompositeType, getNamedType, Kind } from "graphql";

import { asJson } from "./values.mjs";

/** What graphql-js answers to the operation, as JSON text with the keys in their order. */
export async function mirrored(client, schema, document, variableValues) {
  const fieldResolver = (source, args, _context, info) => {
    const parent = info.parentType;
    if (parent !== schema.getQueryType()) return source[spelled(parent, info.fieldName)] ?? source[info.fieldName];
    return ask(client, schema, info, args);
  };
  const typeResolver = (source) => source.__typename;
  return execute({ schema, document, variableValues, fieldResolver, typeResolver });
}

/** One type's field in a selection that says something of several types, where two may be called the same. */
function spelled(type, name) {
  return `${type.name}__${name}`;
}

/** Asks the server for one root field with these arguments, and for whatever is selected below it. */
async function ask(client, schema, info, args) {
  const { fieldName: name } = info;
  const field = info.parentType.getFields()[name];
  const used = field.args.filter((argument) => argument.name in args);
  const declared = used.map((argument) => `$${argument.name}: ${argument.type}`).join(", ");
  const passed = used.map((argument) => `${argument.name}: $${argument.name}`).join(", ");
  const below = plain(schema, getNamedType(field.type), info.fieldNodes, info);
  const query = `query ${declared && `(${declared})`} { ${name}${passed && `(${passed})`} ${below} }`;
  const { body } = await client.ask(query, asJson(args));
  const [error, another] = body.errors ?? [];
  if (!error) return body.data[name];
  if (another || error.path?.length !== 1) throw new Error(`no plain answer: ${JSON.stringify(body)}`);
  throw new GraphQLError(error.message, { extensions: error.extensions });
}

/** The selection below some fields with every field once. */
function plain(schema, type, nodes, info) {
  if (!isCompositeType(type)) return "";
  if (!isAbstractType(type)) return `{ ${fieldsOf(schema, type, type, nodes, info, (name) => name)} }`;
  const parts = schema.getPossibleTypes(type).map((kind) => {
    const fields = fieldsOf(schema, kind, kind, nodes, info, (name) => `${spelled(kind, name)}: ${name}`);
    return `... on ${kind.name} { ${fields} }`;
  });
  return `{ __typename ${parts.join(" ")} }`;
}

function fieldsOf(schema, type, kind, nodes, info, write) {
  const asked = new Map();
  for (const node of nodes) gather(schema, kind, node.selectionSet, info, asked);
  const fields = [...asked].map(([name, found]) => {
    const below = getNamedType(type.getFields()[name].type);
    return `${write(name)} ${plain(schema, below, found, info)}`;
  });
  return ["__typename", ...fields].join(" ");
}

/** The fields that are said of one kind of object, whatever is skipped included. */
function gather(schema, kind, set, info, asked) {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const name = selection.name.value;
      if (name !== "__typename") asked.set(name, [...(asked.get(name) ?? []), selection]);
      continue;
    }
    const spread = selection.kind === Kind.FRAGMENT_SPREAD;
    const part = spread ? info.fragments[selection.name.value] : selection;
    const condition = part.typeCondition && schema.getType(part.typeCondition.name.value);
    const applies =
      !condition || condition === kind || (isAbstractType(condition) && schema.isSubType(condition, kind));
    if (applies) gather(schema, kind, part.selectionSet, info, asked);
  }
}
