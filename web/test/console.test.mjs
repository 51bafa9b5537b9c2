// The console as an admin uses it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { accessible, enter, enterAsAdmin, fits, inBrowser, NARROW, picture, SERVER, until } from "./browser.mjs";
import { Client } from "../../tests/clients/lib/regimen.mjs";
import { ADMIN, MEMBER } from "./servers.mjs";

test("nobody gets in without signing in, and members are told who can help", () =>
  inBrowser(async (page) => {
    await page.goto("/console");
    await accessible(page);
    await enter(page, { ...ADMIN, password: "something-else" });
    await page.getByRole("alert").getByText(/password/).waitFor();

    await enter(page, MEMBER);
    await page.getByRole("heading", { name: "For admins only" }).waitFor();
    await page.getByText(`regimen user promote ${MEMBER.email}`).waitFor();
    await accessible(page);
    await picture(page, "refused");
    await page.getByRole("button", { name: "Sign in as somebody else" }).click();
    await page.getByLabel("Address").waitFor();
  }));

test("an admin sees how the server is doing, while it does it", () =>
  inBrowser(async (page) => {
    await enterAsAdmin(page);
    for (const fact of ["ready", "up to date"]) await page.getByText(fact, { exact: true }).waitFor();
    await page.getByText(/^PostgreSQL \d+/).waitFor();
    await asksMuch(page, 40);
    await until("the requests are in the plot", async () => {
      const words = await page.getByRole("img", { name: /^Requests a second/ }).getAttribute("aria-label");
      return Number(/at most ([\d,.]+)/.exec(words)?.[1]) > 10;
    });
    await page.getByRole("row", { name: /UNAUTHENTICATED/ }).waitFor();
    await page.getByText(/since the start; the last of them/).waitFor();
    assert.ok((await page.locator(".slow li").count()) > 5);
    // A picture is worth some minutes of work.
    for (let round = 1; process.env.SHOTS && round < 45; round += 1) {
      await asksMuch(page, 8 + ((round * 7) % 13));
      await page.waitForTimeout(900);
    }
    await picture(page, "console");
    await accessible(page);
    await fits(page);
  }));

/** Some of it is refused. */
function asksMuch(page, times) {
  return page.evaluate((length) => {
    const headers = { "content-type": "application/json" };
    const ask = (query) => fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query }) });
    const library = "{ exercises(first: 20) { nodes { name } } }";
    return Promise.all(Array.from({ length }, (_, index) => ask(index % 6 ? library : "{ tasks { nodes { id } } }")));
  }, times);
}

test("a reload keeps the session and the page", () =>
  inBrowser(async (page) => {
    await enterAsAdmin(page);
    await page.getByRole("link", { name: "Accounts" }).click();
    await page.getByRole("rowheader", { name: MEMBER.email }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Accounts" }).waitFor();
    await page.getByRole("rowheader", { name: MEMBER.email }).waitFor();
  }));

test("an admin makes somebody else an admin and a member again, by keyboard alone", () =>
  inBrowser(async (page) => {
    await enterAsAdmin(page);
    await page.keyboard.press("Tab");
    await page.getByText("Skip to the content").waitFor();
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "H2");
    await page.getByRole("link", { name: "Accounts" }).press("Enter");
    await page.getByRole("rowheader", { name: MEMBER.email }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Accounts");
    await page.getByText("that is you").waitFor();
    await picture(page, "accounts");
    await accessible(page);

    await page.getByLabel("Search").fill("test@");
    const row = page.getByRole("row", { name: MEMBER.email });
    await until("the others are gone", async () => (await page.getByRole("row").count()) === 2);
    await page.getByRole("button", { name: `Make an admin of ${MEMBER.email}` }).press("Enter");
    await page.getByRole("dialog").getByText("They will see all accounts").waitFor();
    await accessible(page);
    await page.keyboard.press("Escape");
    assert.match(await row.textContent(), /member/);

    await page.getByRole("button", { name: `Make an admin of ${MEMBER.email}` }).press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Make an admin" }).press("Enter");
    await page.getByRole("status").getByText(`${MEMBER.email} is an admin now.`).waitFor();
    await page.getByRole("button", { name: `Make a member of ${MEMBER.email}` }).press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Make a member" }).press("Enter");
    await page.getByRole("button", { name: `Make an admin of ${MEMBER.email}` }).waitFor();

    await page.getByLabel("Search").fill("nobody-of-this-name");
    await page.getByText("Nobody’s address or name has “nobody-of-this-name” in it.").waitFor();
  }));

test("what fails is shown with its code and what finds it in the log", () =>
  inBrowser(async (page) => {
    await enterAsAdmin(page);
    await page.route("**/graphql", (route) =>
      route.fulfill({
        status: 200,
        headers: { "x-request-id": "0193-made-up" },
        json: { data: null, errors: [{ message: "something went wrong on our side", extensions: { code: "INTERNAL" } }] },
      }),
    );
    await page.getByRole("alert").getByText("something went wrong on our side").waitFor();
    await page.getByText("0193-made-up").waitFor();
    await accessible(page);
    await page.unroute("**/graphql");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("alert").waitFor({ state: "hidden" });
  }));

test("what fails on a WebSocket is shown with what finds it in the log, too", () =>
  inBrowser(async (page) => {
    await enterAsAdmin(page);
    await page.routeWebSocket("**/graphql", (socket) => {
      socket.onMessage((text) => {
        const { id, type } = JSON.parse(text);
        const payload = [{ message: "something went wrong on our side", extensions: { code: "INTERNAL" } }];
        const answers = {
          connection_init: { type: "connection_ack", payload: { requestId: "0193-made-up" } },
          subscribe: { type: "error", id, payload },
        };
        if (answers[type]) socket.send(JSON.stringify(answers[type]));
      });
    });
    await page.getByRole("link", { name: "Migration" }).click();
    await page.getByRole("alert").getByText("something went wrong on our side").waitFor();
    await page.getByText("0193-made-up").waitFor();
    await accessible(page);
  }));

test("where there is nothing to migrate the page says so", () =>
  inBrowser(async (page) => {
    await enterAsAdmin(page);
    await page.getByRole("link", { name: "Migration" }).click();
    await page.getByText("there is nothing to move").waitFor();
    await page.getByText("Nothing has been done yet").waitFor();
    const phases = page.getByRole("list", { name: "Phases of a migration" }).getByRole("listitem");
    assert.equal(await phases.count(), 6);
    assert.equal(await page.locator("[aria-current=step]").count(), 0);
    await picture(page, "migration");
    await accessible(page);
  }));

test("what is on its way says so, where it takes a while", () =>
  inBrowser(async (page) => {
    await enterAsAdmin(page);
    let letGo;
    const held = new Promise((go) => (letGo = go));
    await page.route("**/graphql", async (route) => {
      if (route.request().postData()?.includes("ConsoleAccounts")) await held;
      await route.continue();
    });
    await page.getByRole("link", { name: "Accounts" }).click();
    await page.getByText("Reading the accounts…").waitFor();
    await accessible(page);
    letGo();
    await page.getByText("that is you").waitFor();
    assert.equal(await page.getByText("Reading the accounts…").count(), 0);
  }));

test("an address that leads nowhere says so, and the list at the top leads on", () =>
  inBrowser(async (page) => {
    await enterAsAdmin(page);
    await page.goto("/console#/nothing");
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    assert.equal(await page.locator("[aria-current=page]").count(), 0);
    await accessible(page);
    await page.getByRole("link", { name: "Accounts" }).click();
    await page.getByText("that is you").waitFor();
  }));

test("a live page that has lost its connection says so until it is back", () =>
  inBrowser(async (page) => {
    const lines = [];
    let isUp = true;
    await page.routeWebSocket("**/graphql", (socket) => {
      if (!isUp) return socket.close({ code: 1012 });
      socket.connectToServer();
      return lines.push(socket);
    });
    await enterAsAdmin(page);
    await page.getByRole("link", { name: "Migration" }).click();
    await page.getByText("there is nothing to move").waitFor();
    const stale = page.getByRole("status").getByText(/^Reconnecting… What is shown is as it was at \d+:\d+:\d+\.$/);
    assert.equal(await stale.count(), 0);

    isUp = false;
    await lines.at(-1).close({ code: 1012 });
    await stale.waitFor();
    await picture(page, "reconnecting");
    await accessible(page);
    isUp = true;
    await stale.waitFor({ state: "hidden" });
    assert.equal(lines.length, 2);
  }));

test("whose role is taken away while they look on sees nothing more", () =>
  inBrowser(async (page) => {
    const client = new Client(`${SERVER}/graphql`);
    const signIn = "mutation ($input: SignInInput!) { signIn(input: $input) { accessToken user { id } } }";
    const [root, other] = await Promise.all([ADMIN, MEMBER].map(async (input) => (await client.ask(signIn, { input })).body.data.signIn));
    const admin = new Client(client.url, root.accessToken);
    const become = async (role) => {
      const { body } = await admin.ask("mutation ($id: ID!, $role: Role!) { setRole(userId: $id, role: $role) { user { id } } }", { id: other.user.id, role });
      assert.equal(body.errors, undefined);
    };
    await become("ADMIN");
    await enter(page, MEMBER);
    await page.getByRole("link", { name: "Migration" }).click();
    await page.getByText("there is nothing to move").waitFor();
    await become("MEMBER");
    await page.getByRole("heading", { name: "For admins only" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "For admins only" }).waitFor();
  }));

test("a theme is chosen once for both pages", () =>
  inBrowser(async (page) => {
    await enterAsAdmin(page);
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await page.getByLabel("Theme").selectOption("dark");
    await until("it is dark", async () => (await ground()) !== light);
    await page.reload();
    await page.getByRole("heading", { name: "Server" }).waitFor();
    assert.notEqual(await ground(), light);
    await accessible(page);
    await page.goto("/graphiql");
    await page.waitForSelector("body.graphiql-dark");
  }, { colorScheme: "light" }));

for (const [name, more] of [["light", {}], ["dark", { colorScheme: "dark" }]]) {
  test(`it can be used on a phone, ${name}`, () =>
    inBrowser(async (page) => {
      await enterAsAdmin(page);
      await page.getByText("up to date").waitFor();
      await fits(page);
      await picture(page, `console-phone-${name}`);
      await accessible(page);
      for (const [place, text] of [["Migration", "there is nothing to move"], ["Accounts", "that is you"]]) {
        await page.getByRole("link", { name: place }).click();
        await page.getByText(text).waitFor();
        await fits(page);
        await accessible(page);
      }
    }, { viewport: NARROW, ...more }));
}
