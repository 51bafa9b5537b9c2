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
    { server, ...more },
  );

test("progress tells how much is done, how fast, and when it will be over", () =>
  onParts(async (page) => {
    const bar = page.getByRole("progressbar", { name: "Backfill" });
    await page.getByText(/[\d,]+ of 10,000 · [\d,]+ a second · (1 min|\d+ s)( \d+ s)? left/).waitFor();
    assert.ok(Number(await bar.getAttribute("value")) < 0.5);
    const words = await page.locator(".progress p").textContent();
    const rate = Number(/· ([\d,]+) a second/.exec(words)[1].replace(",", ""));
    assert.ok(rate > 300 && rate < 1200, words);
  }));

test("a phase is told to those who do not see it, and a difference opens down to its fields", () =>
  onParts(async (page) => {
    const now = page.locator("[aria-current=step]");
    assert.match(await now.textContent(), /two/);
    await page.getByText("none: the digests are equal").waitFor();
    const workouts = page.getByRole("row", { name: /workouts/ }).first();
    await workouts.locator("summary").first().press("Enter");
    await page.getByText("w2 differing").press("Enter");
    const differs = page.locator(".sides:visible tbody");
    assert.deepEqual(await differs.locator("th, td").allTextContents(), ["sets.0.reps", "5", "6"]);
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
