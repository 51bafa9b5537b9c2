// A browser for the tests. Whatever asks another host than the server, breaks the policy of a page or throws, fails
// the test that it happens in.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before } from "node:test";

import { chromium } from "playwright-core";

export const SERVER = process.env.REGIMEN_URL;
/** Hides its schema, and gives tokens for two seconds. */
export const CLOSED = process.env.REGIMEN_CLOSED_URL;
/** Serves the files of an app that is to be moved. */
export const MOVING = process.env.REGIMEN_MOVING_URL;
export const MEMBER = { email: "test@example.com", password: "regimen-demo" };
export const ADMIN = { email: "root@example.com", password: "regimen-root" };
export const WIDE = { width: 1280, height: 800 };
export const NARROW = { width: 390, height: 844 };

const PATIENCE = Number(process.env.PATIENCE ?? 10_000);
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];
const OFFLINE = ["--disable-background-networking", "--disable-component-update"];

let browser;
before(async () => {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  browser = await chromium.launch({ executablePath, args: [...QUIET, ...OFFLINE] });
});
after(() => browser?.close());

/** Does something in a browser of its own, and looks afterwards what it complained of. */
export async function inBrowser(use, { server = SERVER, viewport = WIDE, ...more } = {}) {
  const context = await browser.newContext({ baseURL: server, viewport, ...more });
  context.setDefaultTimeout(PATIENCE);
  const complaints = [];
  const { host } = new URL(server);
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy broken: ${event.violatedDirective} by ${event.blockedURI} in ${event.sourceFile}`);
    });
  });
  context.on("request", (request) => {
    if (new URL(request.url()).host !== host) complaints.push(`asked ${request.url()}`);
  });
  context.on("weberror", (error) => complaints.push(error.error().stack));
  context.on("console", (message) => {
    // A browser logs each answer that is an error; some of them are what a test is about.
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
  });
  context.on("page", (page) => {
    page.on("websocket", (socket) => {
      if (new URL(socket.url()).host !== host) complaints.push(`asked ${socket.url()}`);
    });
  });
  try {
    await use(await context.newPage());
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

/** Fails where axe finds something serious. It is evaluated by the tests' own hand, past the policy. */
export async function accessible(page, ...without) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async (exclude) => {
    const { violations } = await globalThis.axe.run({ exclude }, { resultTypes: ["violations"] });
    return violations
      .filter((it) => ["serious", "critical"].includes(it.impact))
      .map((it) => `${it.id}: ${it.nodes.map((node) => `${node.target} (${node.any[0]?.message ?? it.help})`).join("; ")}`);
  }, without);
  assert.deepEqual(found, []);
}

/** Nothing of a page may stick out at the side. */
export async function fits(page) {
  const { width } = page.viewportSize();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
}

/** Waits until something holds. */
export async function until(what, holds) {
  const end = Date.now() + PATIENCE;
  while (!(await holds())) {
    assert.ok(Date.now() < end, `never happened: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Keeps a picture where somebody wants to look at it: SHOTS names a folder. */
export async function picture(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
}
