// The rules that schema.graphql keeps to: all that there are for schemas and for Relay, but those named here.
import plugin from "@graphql-eslint/eslint-plugin";

import { SCHEMA } from "./lib/regimen.mjs";

const { "flat/schema-all": all, "flat/schema-relay": relay } = plugin.configs;

/** Rules that we do not keep to, each with the reason. */
const others = {
  // Fields stand in the order in which they are read.
  alphabetize: "off",
  // A mutation names its record in `id` and what to change in `input`: the path to what is wrong in an
  // input stays short, and `expectedVersion` and `idempotencyKey` mean the same everywhere.
  "input-name": "off",
  // They forbid mutations, and ask for a way from every payload back to the roots.
  "no-root-type": "off",
  "require-field-of-type-query-in-mutation-result": "off",
  // Lists that are always there are not null, and an error of theirs is one of the whole request.
  "require-nullable-result-in-root": "off",
  // Nothing has been deprecated yet.
  "require-deprecation-date": "off",
  // Exercises of a workout and sets of an exercise are short and read as a whole. The audit of a migration is
  // seen in its list only, so its entries are no nodes.
  "relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false, withEdgeSuffix: true }],
  // What is no record has no id.
  "strict-id-in-types": [
    "error",
    {
      exceptions: {
        types: [
          ...["PageInfo", "ChangePage", "TagCount", "HistorySummaryExercise", "HistorySummarySet"],
          // How a server and a migration are doing, for admins.
          ...["BothSides", "ErrorCount", "LegacyPerson", "MigrationAuditEntry", "MirrorQueueEntry", "QuarantinedPiece", "ShadowFinding"],
          ...["Migration", "MigrationJob", "MigrationStep", "SlowStatement"],
        ],
        suffixes: ["Connection", "Edge", "Payload", "Result", "Summary", "Status", "State", "Plan", "Parity", "Difference"],
      },
    },
  ],
};

const named = Object.entries(others).map(([rule, setting]) => [`@graphql-eslint/${rule}`, setting]);

export default [
  {
    files: ["**/*.graphql"],
    languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema: SCHEMA } } },
    plugins: { "@graphql-eslint": plugin },
    rules: { ...all.rules, ...relay.rules, ...Object.fromEntries(named) },
  },
];
