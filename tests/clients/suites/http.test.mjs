// GraphQL over HTTP, by the audits of its working group: all of them, the optional ones too.
import assert from "node:assert/strict";
import { test } from "node:test";
import { serverAudits } from "graphql-http";

import { signedIn } from "../lib/regimen.mjs";

const { url, headers } = signedIn();
const audits = serverAudits({
  url,
  fetchFn: (address, init = {}) =>
    fetch(address, { ...init, headers: { ...Object.fromEntries(new Headers(init.headers)), ...headers } }),
});

test("there are as many audits as there used to be", () => {
  assert.ok(audits.length >= 61, `only ${audits.length}`);
});

for (const audit of audits) {
  test(audit.name, async () => {
    const outcome = await audit.fn();
    assert.equal(outcome.status, "ok", outcome.reason);
  });
}
