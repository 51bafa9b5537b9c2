// A browser for the tests. Whatever asks another host than the server, breaks the policy of a page or throws, fails
// the test that it happens in.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { after, before } from "node:test";

import { chromium } from "playwright-core";

import { POLICY } from "../vite.config.mjs";
import { ADMIN } from "./servers.mjs";

export const SERVER = process.env.REGIMEN_URL;
/** Hides its schema, and gives tokens for two seconds. */
export const CLOSED = process.env.REGIMEN_CLOSED_URL;
export const WIDE = { width: 1280, height: 800 };
export const NARROW = { width: 390, height: 844 };

/** What the pages may ask the server for: themselves, and the API; nothing that is not public. */
const PUBLIC = /^\/(graphql|graphiql|console|assets\/.*)?$/;
const PATIENCE = Number(process.env.PATIENCE ?? 10_000);
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];
/** A page that we put in place came from nowhere, and so it would not be let near the server. */
const IN_PLACE = ["--disable-features=LocalNetworkAccessChecks"];
const OFFLINE = ["--disable-background-networking", "--disable-component-update"];

let browser;
before(async () => {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  browser = await chromium.launch({ executablePath, args: [...QUIET, ...OFFLINE, ...(process.env.PAGES ? IN_PLACE : [])] });
});
after(() => browser?.close());

/** Does something in a browser of its own, and looks afterwards what it complained of. */
export async function inBrowser(use, { server = SERVER, viewport = WIDE, paths = PUBLIC, ...more } = {}) {
  const context = await browser.newContext({ baseURL: server, viewport, colorScheme: process.env.SCHEME, ...more });
  context.setDefaultTimeout(PATIENCE);
  if (process.env.PAGES) await putInPlace(context, process.env.PAGES);
  const complaints = [];
  const { host } = new URL(server);
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy broken: ${event.violatedDirective} by ${event.blockedURI} in ${event.sourceFile}`);
    });
  });
  context.on("request", (request) => {
    const asked = new URL(request.url());
    if (asked.host !== host || !paths.test(asked.pathname)) complaints.push(`asked ${asked}`);
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
  } catch (error) {
    for (const page of context.pages()) await picture(page, "failed", { fullPage: true });
    throw error;
  } finally {
    await context.close();
  }
}

const KINDS = { "": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

/** Has the pages of a folder that `build.mjs` filled in the place of those in the program, under the same policy. */
async function putInPlace(context, folder) {
  await context.route(/\/(console|graphiql|assets\/[^/]+)([?#].*)?$/, async (route) => {
    const { pathname } = new URL(route.request().url());
    const kind = extname(pathname);
    const file = join(folder, kind ? pathname : `${pathname}.html`);
    if (!existsSync(file)) return route.continue();
    const headers = { "content-security-policy": POLICY };
    return route.fulfill({ body: readFileSync(file), contentType: `${KINDS[kind]}; charset=utf-8`, headers });
  });
}

/** Signs in to the console. */
export async function enter(page, { email, password } = ADMIN) {
  await page.goto("/console");
  await page.getByLabel("Address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
}

export async function enterAsAdmin(page) {
  await enter(page);
  await page.getByRole("heading", { name: "Server" }).waitFor();
}

/**
 * Fails where axe finds something serious. It is evaluated by the tests' own hand, past the policy. What is left out is
 * one rule on one kind of element each.
 */
export async function accessible(page, leftOut = []) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async (leftOut) => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    const isLeftOut = (rule, { target }) => leftOut.some((it) => it.rule === rule && document.querySelector(target[0])?.matches(it.on));
    return violations
      .filter((it) => ["serious", "critical"].includes(it.impact))
      .flatMap(({ id, help, nodes }) =>
        nodes.filter((node) => !isLeftOut(id, node)).map((node) => `${id}: ${node.target} (${node.any[0]?.message ?? help})`),
      );
  }, leftOut);
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

/** Keeps a picture where somebody wants to look at it: SHOTS names a folder, and SCHEME=dark has it in the dark. */
export async function picture(page, name, more = {}) {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, ...more });
}
