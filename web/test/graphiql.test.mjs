// GraphiQL as somebody uses it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { accessible, CLOSED, fits, inBrowser, NARROW, picture, until } from "./browser.mjs";
import { ADMIN, MEMBER } from "./servers.mjs";

const ANSWER = ".graphiql-response .CodeMirror";
/** What the library makes so, and cannot be told otherwise. */
const NOT_OURS = [
  // A tab holds the button that closes it. The arrow keys go from tab to tab, and Tab from there to the button.
  { rule: "nested-interactive", on: ".graphiql-tabs > *" },
  // An editor is scrolled by its cursor, which is in a field beside what scrolls.
  { rule: "scrollable-region-focusable", on: ".CodeMirror-scroll" },
  // What was asked before is there by its name, which the button "Set active" does not repeat.
  { rule: "label-content-name-mismatch", on: ".graphiql-history-item-label" },
];

async function open(page) {
  await page.goto("/graphiql");
  await page.waitForSelector(".graphiql-query-editor .CodeMirror");
}

async function signIn(page, { email, password } = MEMBER) {
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).last().click();
  await page.getByText(email).waitFor();
}

/** The editor loses what is typed before it is ready: so look, and try again. */
async function write(page, text) {
  await until("the editor has the text", async () => {
    await page.locator(".graphiql-query-editor .CodeMirror").click();
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText(text);
    return (await editor(page, ".graphiql-query-editor")) === text;
  });
}

function editor(page, place) {
  return page.evaluate((selector) => document.querySelector(`${selector} .CodeMirror`).CodeMirror.getValue(), place);
}

async function run(page, text) {
  if (text) await write(page, text);
  await page.keyboard.press("Control+Enter");
}

async function answered(page, text) {
  await until(`the answer has ${text}`, async () => (await editor(page, ".graphiql-response")).includes(text));
  return JSON.parse(await editor(page, ".graphiql-response"));
}

/** The titles of the tabs, which the library follows with that of a picture. */
async function tabs(page) {
  const texts = await page.getByRole("tab").allTextContents();
  return texts.map((text) => /^[A-Z]\w*?(?=t u icon|$)/.exec(text)[0]);
}

test("somebody signs in, asks, changes something, and sees it arrive", () =>
  inBrowser(async (page) => {
    await open(page);
    await run(page, "query Me { viewer { email } }");
    await answered(page, '"viewer": null');
    await signIn(page);

    await run(page, "query Me { viewer { email } }");
    const { data } = await answered(page, "test@example.com");
    assert.equal(data.viewer.email, "test@example.com");
    await page.getByText(/200 \d+ ms · .*cost \d+ · request/).waitFor();

    await run(page, "subscription Seen { changed(entities: [TASK]) { operation node { ... on Task { title } } } }");
    await page.getByText("listening: 0 events so far").waitFor();
    const other = await page.context().newPage();
    await other.goto("/graphiql");
    await signIn(other);
    for (const title of ["one", "two"]) {
      await run(other, `mutation Add { createTask(input: { title: "${title}" }) { task { title } } }`);
      await answered(other, `"title": "${title}"`);
      await answered(page, `"title": "${title}"`);
    }
    const { events } = await answered(page, '"title": "two"');
    assert.deepEqual(events.map((it) => it.data.changed.node.title), ["two", "one"]);
    await page.getByLabel("Stop query").or(page.getByLabel("Execute query")).first().click();
    await page.getByText("2 events, no longer listening").waitFor();
  }));

test("the example that watches changes sees what the example that adds a task does in another tab", () =>
  inBrowser(async (page) => {
    const use = async (tab, title, text) => {
      await open(tab);
      await signIn(tab);
      await tab.getByLabel("Show Examples").click();
      await tab.getByRole("button", { name: title }).click();
      await until("the example is there", async () => (await editor(tab, ".graphiql-query-editor")).includes(text));
      await run(tab);
    };
    await use(page, "As they happen", "subscription Changes");
    await page.getByText("listening: 0 events so far").waitFor();
    const other = await page.context().newPage();
    await use(other, "Add one Subscribe", "mutation AddTask");
    await answered(other, '"title": "Stretch for ten minutes"');
    const { events } = await answered(page, '"title": "Stretch for ten minutes"');
    assert.equal(events[0].data.changed.entity, "TASK");
    await page.getByText("listening: 1 event so far").waitFor();
  }));

test("a refresh that fails for a moment ends no session", () =>
  inBrowser(async (page) => {
    await open(page);
    await signIn(page);
    let failed = 0;
    await page.route("**/graphql", (route) => {
      if (!route.request().postData()?.includes("refreshSession")) return route.continue();
      failed += 1;
      const error = { message: "something went wrong on our side", extensions: { code: "INTERNAL" } };
      return route.fulfill({ status: 200, json: { data: null, errors: [error] } });
    });
    const expired = () => page.evaluate(() => JSON.parse(sessionStorage.getItem("regimen.session")).expiresAt < Date.now());
    await until("the access token expires", expired);
    await run(page, "query Meanwhile { version }");
    await until("the refresh has failed", () => failed > 0);
    await page.getByText(/ \d+ ms · /).waitFor();
    await page.getByText(MEMBER.email).waitFor();
    await page.unroute("**/graphql");
    await run(page, "query Afterwards { viewer { email } version }");
    await answered(page, MEMBER.email);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
  }, { server: CLOSED }));

test("of a subscription the last event alone is shown to those who want that", () =>
  inBrowser(async (page) => {
    await open(page);
    await signIn(page);
    await page.getByLabel("keep all events").uncheck();
    await run(page, "subscription Seen { changed { node { ... on Task { title } } } }");
    await page.getByText("listening: 0 events so far").waitFor();
    await page.evaluate(async () => {
      const { accessToken } = JSON.parse(sessionStorage.getItem("regimen.session"));
      for (const title of ["first", "second"]) {
        const query = `mutation { createTask(input: {title: "${title}"}) { task { id } } }`;
        const headers = { "content-type": "application/json", authorization: `Bearer ${accessToken}` };
        await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query }) });
      }
    });
    const shown = await answered(page, '"title": "second"');
    assert.deepEqual(shown, { data: { changed: { node: { title: "second" } } } });
    await page.reload();
    assert.equal(await page.getByLabel("keep all events").isChecked(), false);
  }));

test("a wrong password is told in the form, and a wrong request below its answer", () =>
  inBrowser(async (page) => {
    await open(page);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Address").fill(MEMBER.email);
    await page.getByLabel("Password").fill("not-the-password");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText(/password/).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });

    await run(page, "{ tasks { nodes { id } } }");
    await page.getByText(/UNAUTHENTICATED \d+ ms/).waitFor();
    const request = await page.locator(".status code").textContent();
    assert.match(request, /^[0-9a-f-]{36}$/);
  }));

test("an example opens in a tab of its own and runs, and tabs outlive a reload", () =>
  inBrowser(async (page) => {
    await open(page);
    await signIn(page);
    await page.getByLabel("Show Examples").click();
    await page.getByRole("button", { name: "Plan a workout" }).click();
    await until("the variables are there", async () =>
      (await editor(page, '.graphiql-editor-tool [class*="graphiql-editor"]:not(.hidden)').catch(() => "")).includes("Legs"),
    );
    await run(page);
    await answered(page, "Barbell Back Squat");
    // The library names a tab a moment after its text.
    const named = async () => (await tabs(page)).join() === "Library,PlanWorkout";
    await until("the tabs have their names", named);
    await picture(page, "graphiql");
    await accessible(page, NOT_OURS);

    // The library writes tabs down half a second after the last change.
    const kept = () => page.evaluate(() => localStorage.getItem("graphiql:tabState"));
    await until("the tabs are written down", async () => (await kept()).includes("mutation PlanWorkout"));
    await page.reload();
    await page.waitForSelector(ANSWER);
    await page.getByText(MEMBER.email).waitFor();
    await until("the tabs are there again", named);
  }));

test("the documentation can be searched, and names are completed", () =>
  inBrowser(async (page) => {
    await open(page);
    await page.getByLabel("Show Documentation Explorer").click();
    await page.getByText("The exercises of the library and one's own").or(page.getByText("Root Types")).first().waitFor();
    await page.getByRole("combobox").fill("createTask");
    await page.getByRole("option", { name: /createTask/ }).first().click();
    await page.getByText("Send the same key again to repeat a request safely").first().waitFor();
    await write(page, "{ exerc }");
    for (let step = 0; step < 2; step += 1) await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Control+Space");
    await page.locator(".CodeMirror-hints").getByText("exercises").waitFor();
  }));

for (const colorScheme of ["light", "dark"]) {
  test(`every pane and dialog can be read and used by everybody, ${colorScheme}`, () =>
    inBrowser(async (page) => {
      const looks = async (name) => {
        await accessible(page, NOT_OURS);
        await picture(page, `graphiql-${name}-${colorScheme}`);
      };
      await open(page);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByLabel("Address").fill(MEMBER.email);
      await looks("sign-in");
      await page.getByLabel("Password").fill("not-the-password");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").getByText(/password/).waitFor();
      await looks("refused");
      await page.getByLabel("Password").fill(MEMBER.password);
      await page.keyboard.press("Enter");
      await page.getByText(MEMBER.email).waitFor();
      await run(page, 'query Me($first: Int = 1) { tasks(first: $first, order: DUE) { nodes { title completed priority } } none: node(id: "x") { id } }');
      await answered(page, '"errors"');
      await looks("answer");
      for (const [pane, text] of [["Documentation Explorer", "Root Types"], ["History", "History"], ["Examples", "Look around"]]) {
        await page.getByLabel(`Show ${pane}`).click();
        await page.locator(".graphiql-plugin").getByText(text).first().waitFor();
        await looks(pane.split(" ")[0].toLowerCase());
      }
      await page.getByLabel("Show Documentation Explorer").click();
      await page.getByRole("link", { name: "Query", exact: true }).click();
      await page.getByRole("link", { name: "exercises", exact: true }).waitFor();
      await looks("documentation-of-a-type");
      for (const [button, text] of [["Open settings dialog", "Theme"], ["Open short keys dialog", "Short Keys"]]) {
        await page.getByLabel(button).click();
        await page.getByRole("dialog").getByText(text).first().waitFor();
        await looks(text.split(" ")[0].toLowerCase());
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "hidden" });
      }
    }, { colorScheme }));
}

test("a session is kept up behind the scenes, and the schema is shown to admins alone where it is hidden", () =>
  inBrowser(async (page) => {
    await open(page);
    await page.getByText("This server shows its schema to admins only").waitFor();
    await accessible(page, NOT_OURS);
    await signIn(page);
    const token = () => page.evaluate(() => JSON.parse(sessionStorage.getItem("regimen.session")).accessToken);
    const first = await token();
    for (let round = 0; round < 3; round += 1) {
      await page.waitForTimeout(1500);
      await run(page, `query Round${round} { viewer { email } round${round}: version }`);
      const { data } = await answered(page, `round${round}`);
      assert.equal(data.viewer.email, MEMBER.email);
    }
    assert.notEqual(await token(), first);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("Not signed in").waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.getItem("regimen.session")), null);
  }, { server: CLOSED }));

test("a tab that was copied does not end the session of the first", () =>
  inBrowser(async (page) => {
    await open(page);
    await signIn(page);
    const [copy] = await Promise.all([page.waitForEvent("popup"), page.evaluate(() => void window.open("/graphiql"))]);
    await copy.getByText(MEMBER.email).waitFor();
    await until("the access token expires", () =>
      page.evaluate(() => JSON.parse(sessionStorage.getItem("regimen.session")).expiresAt < Date.now()),
    );
    await run(copy, "query Copy { viewer { email } }");
    await copy.getByText("your session has ended: sign in again").waitFor();
    await run(page, "query First { viewer { email } }");
    await answered(page, MEMBER.email);
  }, { server: CLOSED }));

test("an admin is shown the way to the console", () =>
  inBrowser(async (page) => {
    await open(page);
    await signIn(page, ADMIN);
    await page.getByRole("link", { name: "Console" }).click();
    await page.waitForURL("**/console");
    await page.getByText(ADMIN.email).waitFor();
  }));

for (const [name, more] of [["light", {}], ["dark", { colorScheme: "dark" }]]) {
  test(`it can be used on a phone, ${name}`, () =>
    inBrowser(async (page) => {
      await open(page);
      await signIn(page);
      await fits(page);
      await page.getByLabel("Show Examples").click();
      await page.getByRole("button", { name: "What is to be done" }).click();
      await run(page);
      await answered(page, '"tasks"');
      await fits(page);
      await picture(page, `graphiql-phone-${name}`);
      await accessible(page, NOT_OURS);
    }, { viewport: NARROW, ...more }));
}
