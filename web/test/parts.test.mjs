// The parts that pages of a migration are made of, on a page of their own: it is not in the program.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createServer } from "vite";

import { accessible, fits, inBrowser, NARROW, picture } from "./browser.mjs";

let vite;
let server;
before(async () => {
  const root = new URL("..", import.meta.url).pathname;
  vite = await createServer({ configFile: `${root}vite.config.mjs`, logLevel: "error", server: { port: 0, host: "127.0.0.1", hmr: false, ws: false } });
  await vite.listen();
  server = vite.resolvedUrls.local[0];
});
after(() => vite.close());

const onParts = (use, more) =>
  inBrowser(
    async (page) => {
      await page.goto("/test/parts.html");
      await page.getByRole("heading", { name: "Parts" }).waitFor();
      await use(page);
    },
    { server, paths: /./, ...more },
  );

test("progress tells how much is done, how fast, and when it will be over", () =>
  onParts(async (page) => {
    const bar = page.getByRole("progressbar", { name: "Backfill" });
    await page.getByText(/[\d,]+ of 10,000 people · 1,000 a second · \d+ s left/).waitFor();
    assert.ok(Number(await bar.getAttribute("value")) < 0.9);
  }));

test("a plot says how high and how far back it goes, and a gap in it is a gap", () =>
  onParts(async (page) => {
    const plot = page.locator(".plot");
    assert.deepEqual(await plot.locator(".scale span, .span span").allTextContents(), ["40", "0", "58 s ago", "now"]);
    assert.equal(await plot.locator("polyline").count(), 2);
    await page.getByRole("img", { name: "Requests a second: now 40, at most 40" }).waitFor();
  }));

test("bytes are shown as they are, with their places", () =>
  onParts(async (page) => {
    const rows = (await page.getByRole("group", { name: "The piece" }).textContent()).split("\n");
    assert.deepEqual(rows, [
      '00000100  7b 22 6e 61 6d 65 22 3a 22 ff 22 7d 0a 5d 2c 20  {"name":"·"}·], ',
      `00000110  5b${" ".repeat(47)}[`,
    ]);
  }));

test("a page is turned once, however often somebody clicks before it is there, and the focus stays", () =>
  onParts(async (page) => {
    const next = page.getByRole("button", { name: "Next" });
    await next.dblclick();
    await page.getByText("page 2").waitFor();
    await page.waitForTimeout(500);
    assert.equal(await page.locator("#turned").textContent(), "page 2");
    await next.press("Enter");
    await page.getByText("page 3").waitFor();
    assert.equal(await next.getAttribute("aria-disabled"), "true");
    assert.ok(await next.evaluate((it) => it === document.activeElement), "the focus stays where there is no next page");
  }));

test("a phase is told to those who do not see it, and a difference opens down to its fields", () =>
  onParts(async (page) => {
    const now = page.locator("[aria-current=step]");
    assert.match(await now.textContent(), /two/);
    const cells = (name) => page.getByRole("row", { name }).getByRole("cell").allTextContents();
    assert.deepEqual(await cells(/exercises/), ["1,200", "1,200", "none", "01234567 on both sides"]);
    assert.deepEqual(await cells(/workouts/), ["3", "2", "11 not the same, 1 in JSON alone", "01234567 ≠ fedcba98"]);
    await page.getByText("The first 2 of 12 records that differ").waitFor();

    const record = page.getByRole("listitem").filter({ hasText: "w2" });
    await record.locator("summary").press("Enter");
    await record.getByText("2 fields differ.").waitFor();
    const rows = () => record.locator(".sides tbody tr").evaluateAll((all) => all.map((row) => [...row.children].map((it) => it.textContent).join(" | ")));
    const differing = ["sets.0.reps | 5 | 6", "sets.1.reps | 5 | –", 'sets.1.note | "last one" | –'];
    assert.deepEqual(await rows(), [...differing, 'name | "Pull" | "Pull"']);
    assert.equal(await record.locator(".differs").count(), 3);
    await record.getByLabel("show what is the same, too").press("Space");
    assert.deepEqual(await rows(), differing);
    await page.getByRole("listitem").filter({ hasText: "w1" }).locator("summary").press("Enter");
    await page.getByText("JSON alone has it.").waitFor();
    await picture(page, "parts");
    await accessible(page);
  }));

test("a deed is confirmed by keyboard, and one that fails says why and can be tried again", () =>
  onParts(async (page) => {
    const button = page.getByRole("button", { name: "Cut over", exact: true });
    await button.press("Enter");
    await page.getByRole("dialog", { name: "Cut over?" }).waitFor();
    await accessible(page);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    assert.equal(await page.locator("#tries").textContent(), "0 tries");
    assert.ok(await button.evaluate((it) => it === document.activeElement), "the focus goes back");
    await button.press("Enter");
    await page.getByRole("button", { name: "Cut over now" }).press("Enter");
    await page.getByText("the first try fails").waitFor();
    await page.getByRole("button", { name: "Cut over now" }).press("Enter");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    assert.equal(await page.locator("#tries").textContent(), "2 tries");
  }));

test("they fit on a phone", () => onParts(fits, { viewport: NARROW }));
