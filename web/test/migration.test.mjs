// The way in from an app's files, as an admin goes it in the console.
import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";

import { garbled, session, unclear, withApp } from "./app.mjs";
import { accessible, enter, enterAsAdmin, fits, inBrowser, NARROW, picture, until, WIDE } from "./browser.mjs";
import { ADMIN, MEMBER } from "./servers.mjs";

/** Looks at the page in both sizes. */
async function look(page, name) {
  await accessible(page);
  await fits(page);
  await picture(page, `migration-${name}`, { fullPage: true });
  await page.setViewportSize(NARROW);
  await accessible(page);
  await fits(page);
  await picture(page, `migration-${name}-phone`, { fullPage: true });
  await page.setViewportSize(WIDE);
}

/** What an admin sees and does on the page. */
class Migration {
  constructor(page) {
    this.page = page;
    this.now = page.locator("[aria-current=step]");
    this.dialog = page.getByRole("dialog");
    this.next = page.locator(".deeds");
    this.told = page.locator(".told");
  }

  static async open(page) {
    await enterAsAdmin(page);
    await page.getByRole("link", { name: "Migration" }).click();
    const migration = new Migration(page);
    await migration.now.getByText("Legacy").waitFor();
    return migration;
  }

  part(name) {
    return this.page.getByRole("region", { name, exact: true });
  }

  /** Presses a button, and the one of the dialog that names the consequence in these words. */
  async click(button, consequence, tells) {
    const pressed = this.page.getByRole("button", { name: button, exact: true });
    const heading = await pressed.evaluate((it) => it.closest("section").querySelector("h3").id);
    await pressed.click();
    await this.dialog.getByText(consequence).waitFor();
    await this.dialog.locator("button").last().click();
    await this.dialog.waitFor({ state: "hidden" });
    // The button may be gone, so its section has the focus; what came of it is read aloud.
    await until("the heading has the focus", async () => (await this.page.evaluate(() => document.activeElement.id)) === heading);
    if (tells) await this.page.getByRole("status").getByText(tells).waitFor();
  }

  async is(phase) {
    await this.now.getByText(phase, { exact: true }).waitFor();
  }

  async prove(finds) {
    await this.page.getByRole("button", { name: /^Prove/ }).click();
    await this.dialog.getByText("both sides are hashed anew").waitFor();
    await this.dialog.getByRole("button", { name: "Compare" }).click();
    await this.told.getByText(finds).waitFor();
  }
}

/** Goes on with Tab until the button has the focus, as somebody without a mouse would. */
async function tabTo(page, name) {
  for (let steps = 0; steps < 60; steps += 1) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate(() => document.activeElement.textContent)) === name) return;
  }
  assert.fail(`Tab never comes to ${name}`);
}

const NOBODY = "00000000-0000-0000-0000-000000000000";
const PEOPLE = ["ada", "ben", "eve"].map((id) => ({ id, name: id, email: `${id}@example.com`, preferences: { defaultWeightUnit: "kg" } }));
const SESSIONS = Array.from({ length: 300 }, (_, number) => (number === 150 ? unclear : session)(number, PEOPLE[number % 3].id));

test("an app comes in from its files by clicking: proved, cut over, rolled back, and in again to the end", () =>
  withApp({ people: PEOPLE, sessions: SESSIONS }, (app) =>
    inBrowser(async (page) => {
      const migration = await Migration.open(page);
      await readyToBegin(page, migration);
      await dualWriteByKeyboard(page, migration);
      await repairs(app, page, migration);
      app.sql(`INSERT INTO parity_findings (found_by, entity, user_id, record, kind, fields) VALUES ('shadow', 'Diary',
        '${NOBODY}', '${NOBODY}', 'differing', '{workouts.nodes.0.name}')`);
      await migration.next.getByText("press “Start the backfill”, or run regimen backfill").waitFor();
      await migration.click("Start the backfill", "while everybody goes on working", "The backfill has begun.");
      await migration.is("Backfilled");
      await migration.part("Reads on both sides").getByRole("row", { name: /^Diary .* nobody signed in workouts\.nodes\.0\.name$/ }).waitFor();
      await migration.part("Jobs").getByText(/rows of \d people were copied, and both sides were equal/).waitFor();
      await takesOver(app, page, migration);
      await findsAnEdit(app, page, migration);
      await look(page, "verified");
      await cutsOverAndBack(page, migration);
      await toTheEnd(app, page, migration);
    }, { server: app.server.origin })));

async function readyToBegin(page, migration) {
  const plan = migration.part("What a backfill would copy");
  await plan.getByText("1 piece of the files could not be understood").waitFor();
  const cells = await plan.getByRole("row", { name: /^workouts/ }).getByRole("cell").allTextContents();
  assert.deepEqual(cells, ["299", "0", "299"]);
  const piece = migration.part("Quarantine").getByRole("listitem");
  await piece.locator("summary").click();
  const words = await piece.textContent();
  assert.match(words, /workouts\.json.*byte [\d,]+.*line \d+, column \d+/s);
  assert.match(words, /Found .*It has [\d,]+ bytes\./);
  assert.match(words, /yesterday/);
  await look(page, "legacy");
}

async function dualWriteByKeyboard(page, migration) {
  await tabTo(page, "Switch dual write on");
  await page.keyboard.press("Enter");
  await migration.dialog.getByText("each write goes to the database first").waitFor();
  await look(page, "asks");
  await tabTo(page, "Switch it on");
  await page.keyboard.press("Enter");
  await migration.is("Dual write");
  await migration.part("Audit").getByText("Legacy → Dual write").waitFor();
  await migration.part("Mirror").getByText("The files have all that was written.").waitFor();
}

/** Somebody else writes a file; what comes next is queued, and written when an admin says so. */
async function repairs(app, page, migration) {
  appendFileSync(app.path, "\n");
  const { body } = await app.member.ask("mutation { updateSettings(input: {weekStart: 7}) { settings { version } } }");
  assert.equal(body.errors, undefined, JSON.stringify(body.errors));
  const mirror = migration.part("Mirror");
  const waiting = mirror.getByRole("listitem").filter({ hasText: `settings of ${MEMBER.email}` });
  await waiting.getByText("changed by somebody else").first().waitFor();
  await mirror.getByText(/1 record waits because the files did not take it \(for \d+ s\)\./).waitFor();
  await waiting.locator("summary").click();
  await waiting.getByRole("row", { name: /week_start|weekStart/ }).waitFor();
  await look(page, "queue");
  await migration.click("Write the files again", "What somebody else has changed there is lost", "The files were written again.");
  await mirror.getByText("Nothing waits.").waitFor();
}

/** This time what somebody else has written is right: the database takes it. */
async function takesOver(app, page, migration) {
  writeFileSync(app.path, readFileSync(app.path, "utf8").replace('"Session 9"', '"By hand"'));
  const { body } = await app.member.ask("mutation { updateSettings(input: {weekStart: 3}) { settings { version } } }");
  assert.equal(body.errors, undefined, JSON.stringify(body.errors));
  const mirror = migration.part("Mirror");
  await mirror.getByText(/1 record waits because the files did not take it/).waitFor();
  await migration.click("Take over what the files say", "the files are taken to be right", "The database has what the files say.");
  await mirror.getByText("Nothing waits.").waitFor();
  assert.equal(app.sql("SELECT count(*) FROM public.workouts WHERE name = 'By hand'"), "1");
  const after = await app.member.ask("{ settings { weekStart } }");
  assert.equal(after.body.data.settings.weekStart, 3, "which nobody else has written");
}

/** A set is changed behind the server's back: the proof finds it, and both sides are shown. */
async function findsAnEdit(app, page, migration) {
  const { id } = SESSIONS[7].exercises[0];
  const changed = app.sql(`UPDATE public.sets SET reps = 99 WHERE workout_exercise_id = '${id}' AND reps = 6 RETURNING 1`);
  assert.equal(changed, "1");
  await migration.prove(/^Not proved: [\d,]+ records were read from the files, and 1 record differs/);
  const record = migration.part("Parity").getByRole("listitem");
  await record.locator("summary").click();
  await record.getByText("1 field differs.").waitFor();
  const differing = record.locator("tr.differs");
  assert.deepEqual(await differing.locator("th, td").allTextContents(), ["exercises.0.sets.1.reps", "6", "99"]);
  assert.equal(await differing.locator("mark").count(), 2);
  await page.getByRole("button", { name: "Close this message" }).click();
  await migration.told.getByText("Not proved").waitFor({ state: "hidden" });
  await page.setViewportSize({ width: 1280, height: 1150 });
  await page.evaluate(() => scrollTo(0, 0));
  await picture(page, "migration-for-the-docs");
  await look(page, "record");
  await migration.is("Backfilled");

  await migration.click("Write the files again", "the database is taken to be right");
  await migration.prove(/^Proved: [\d,]+ records were read from the files, and nothing differs/);
  await migration.is("Verified");
  assert.equal(app.sessions()[7].exercises[0].sets[1].repetitions, 99);
}

async function cutsOverAndBack(page, migration) {
  await migration.click("Cut over", "five seconds at most", "Cut over: the database is what is read");
  await migration.is("Soak");
  await page.getByText("the database", { exact: true }).waitFor();
  await look(page, "soak");
  await migration.click("Go back to Backfilled", "The files are read again", "Back at Backfilled");
  await migration.is("Backfilled");
  await page.getByText("the files", { exact: true }).waitFor();
  await migration.prove(/^Proved/);
  await migration.is("Verified");
  await migration.click("Cut over", "five seconds at most");
  await migration.is("Soak");
}

async function toTheEnd(app, page, migration) {
  await migration.next.getByText("press “Archive the files”, or run regimen archive").waitFor();
  assert.equal(await page.getByRole("button", { name: "Complete the migration" }).count(), 0);
  await migration.click("Archive the files", "a list of their hashes", "The files are in an archive");
  await migration.part("Jobs").getByText(/3 files|4 files|5 files/).waitFor();
  await migration.click("Complete the migration", "The files no longer follow", "The migration is complete");
  await migration.is("Complete");
  await look(page, "complete");
  const files = app.files();
  await migration.click("Remove the original files", "each only if the archive has it as it is");
  await migration.told.getByText("The original files are removed").waitFor();
  assert.deepEqual(app.files(), []);

  await migration.click("Bring the files back", "copied back to their folder");
  await migration.is("Soak");
  assert.deepEqual(app.files(), files);
  await migration.click("Archive the files", "The files stay as they are");
  await migration.click("Complete the migration", "The files no longer follow");
  await migration.is("Complete");
  assert.equal(app.archives().length, 2);
  await migration.part("Audit").getByRole("rowheader", { name: "complete the way in" }).first().waitFor();
  await ran(migration);
  await look(page, "end");
}

/** Every job that has run is listed with what came of it, the newest first. */
async function ran(migration) {
  const runs = migration.part("Runs");
  const all = await runs.getByRole("row").evaluateAll((all) => all.slice(1).map((row) => [0, 3, 4].map((at) => row.children[at].textContent)));
  // Files that come back are given what they missed, by the server itself.
  const rows = all.filter(([, , who]) => who !== "server");
  const jobs = rows.map(([job]) => job);
  assert.deepEqual(jobs, [
    ...["Archive", "Repair of the files", "Restore", "Archive"],
    ...["Cutover", "Proof of parity", "Way back", "Cutover", "Proof of parity"],
    ...["Repair of the files", "Repair of the database", "Backfill", "Repair of the files"],
  ]);
  assert.ok(rows.every(([, outcome, who]) => who === ADMIN.email && !/under way|given up/.test(outcome)), JSON.stringify(rows));
  assert.match(rows[0][1], /^[345] files, [\d,.]+ kB$/);
  assert.equal(rows[11][1], "done: both sides were equal");
}

test("a backfill is watched, paused, taken up again, given up and begun anew", () => {
  const people = Array.from({ length: 550 }, (_, number) => ({ id: `p${number}`, name: `Person ${number}` }));
  const sessions = people.flatMap(({ id }, number) => [session(2 * number, id), (number < 25 ? unclear : session)(2 * number + 1, id)]);
  return withApp({ people, sessions }, (app) =>
    inBrowser(async (page) => {
      const migration = await Migration.open(page);
      await turnsPages(page, migration);
      await links(app, migration);
      await migration.click("Switch dual write on", "each write goes to the database first");
      await migration.is("Dual write");
      await givesUp(app, page, migration);
      await pauses(app, page, migration);

      await page.reload();
      await migration.part("Jobs").getByText("Backfill, paused").waitFor();
      await migration.click("Go on with the backfill", "It can be paused");
      await migration.is("Backfilled");
      await migration.part("Jobs").getByText(/rows of 55\d people were copied/).waitFor();
    }, { server: app.server.origin }));
});

async function turnsPages(page, migration) {
  const quarantine = migration.part("Quarantine");
  await quarantine.getByText("25 pieces of the files").waitFor();
  const pieces = quarantine.getByRole("listitem");
  const seen = new Set();
  for (const [button, count] of [["Next", 10], ["Next", 10], ["Previous", 5]]) {
    await until(`there are ${count} pieces`, async () => {
      const shown = await pieces.allTextContents();
      return shown.length === count && (count === 5 || !shown.some((it) => seen.has(it)));
    });
    for (const text of await pieces.allTextContents()) seen.add(text);
    await quarantine.getByRole("button", { name: button }).click();
  }
  assert.equal(seen.size, 25);
  await until("the page before is back", async () => (await pieces.count()) === 10);
  await look(page, "quarantine");
}

async function links(app, migration) {
  const people = migration.part("People who have an account already");
  await people.getByLabel("Id in the files").fill("p40");
  await people.getByLabel("Address of their account").fill("nobody@example.com");
  await people.getByRole("button", { name: "Link them" }).click();
  const { dialog } = migration;
  await dialog.getByRole("button", { name: "Link them" }).click();
  await dialog.getByText(/nobody has the address/).waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();

  await people.getByLabel("Address of their account").fill(MEMBER.email);
  await people.getByRole("button", { name: "Link them" }).click();
  await dialog.getByText(`Whoever signs in as ${MEMBER.email} sees and changes what “p40” has`).waitFor();
  await dialog.getByRole("button", { name: "Link them" }).click();
  await migration.told.getByText(`“p40” of the files is ${MEMBER.email} now.`).waitFor();
  const { body } = await app.member.ask("{ workouts { nodes { name } } }");
  assert.deepEqual(body.data.workouts.nodes.map(({ name }) => name).sort(), ["Session 80", "Session 81"]);
}

/** Somebody else's open transaction holds the copying up at the person with this number; the answer lets it go on. */
async function held(app, number) {
  const psql = app.server.beside("db", "psql", "-qv", "ON_ERROR_STOP=1");
  const said = new Promise((done, failed) => {
    psql.stdout.once("data", done);
    psql.once("exit", () => failed(new Error("psql ended")));
  });
  const owner = `SELECT id FROM public.users WHERE email LIKE 'p%@legacy.invalid' AND email <> 'p40@legacy.invalid' ORDER BY id OFFSET ${number} LIMIT 1`;
  psql.stdin.write(`BEGIN; INSERT INTO migration_adopted (user_id) ${owner};\nSELECT 'held';\n`);
  await said;
  return () => psql.stdin.end("ROLLBACK;\n");
}

/** It stops after those that it is at, or the next ones. */
async function stops(page, { dialog }, letGo, button, consequence) {
  await page.getByRole("button", { name: button, exact: true }).click();
  await dialog.getByText(consequence).waitFor();
  await dialog.getByRole("button", { name: button }).click();
  await dialog.getByText("One moment…").waitFor();
  letGo();
  await dialog.waitFor({ state: "hidden" });
}

/** Waits until it stands still before the person with this number. */
async function waitsAt(page, number) {
  const bar = page.getByRole("progressbar", { name: "Backfill" });
  let before;
  await until(`it waits before ${number}`, async () => {
    const now = (await bar.count()) === 1 ? Number(await bar.getAttribute("value")) : 0;
    const stands = now > 0 && now === before && now * 550 <= number + 3;
    before = now;
    if (!stands) await page.waitForTimeout(700);
    return stands;
  });
}

async function givesUp(app, page, migration) {
  const letGo = await held(app, 149);
  await migration.click("Start the backfill", "while everybody goes on working");
  await waitsAt(page, 149);
  await page.getByText(/\d+ of 55\d people · [\d,]+ rows, [\d,.]+ a second · .* left/).waitFor();
  await look(page, "backfill");
  await stops(page, migration, letGo, "Give it up", "how far it got is forgotten");
  await migration.part("Jobs").getByText(/was given up after [\d,]+ rows/).waitFor();
  const plan = migration.part("What a backfill would copy");
  await until("the plan knows what is there", async () => {
    const [all, there, left] = await plan.getByRole("row", { name: /^workouts/ }).getByRole("cell").allTextContents();
    return all === "1,075" && Number(there) > 100 && Number(left) === 1075 - Number(there);
  });
}

async function pauses(app, page, migration) {
  const letGo = await held(app, 349);
  await migration.click("Start the backfill", "while everybody goes on working");
  await waitsAt(page, 349);
  await stops(page, migration, letGo, "Pause", "it goes on where it stopped");
  await page.getByText(/\d+ of 55\d people · [\d,]+ rows$/).waitFor();
  await look(page, "paused");
}

test("a piece that was not understood is shown as it is: text as text, bytes as bytes, and how much of it", () => {
  const long = { ...unclear(2, "ada"), notes: "é".repeat(3000) };
  return withApp({ people: PEOPLE, sessions: [session(1, "ada"), long, garbled(3, "ada")] }, (app) =>
    inBrowser(async (page) => {
      const quarantine = (await Migration.open(page)).part("Quarantine");
      await quarantine.getByText("2 pieces of the files").waitFor();
      const [cut, broken] = await Promise.all([0, 1].map((at) => quarantine.getByRole("listitem").nth(at)));
      await cut.locator("summary").click();
      const [, shown, size] = /the first ([\d,]+) of its ([\d,]+) bytes/.exec(await cut.textContent()).map((it) => Number(it.replace(",", "")));
      assert.ok(shown >= 3997 && shown <= 4000 && size > 7000, `${shown} of ${size}`);
      assert.equal(Buffer.from(await cut.locator("pre").textContent()).length, shown);
      await broken.locator("summary").click();
      await broken.getByText("They are no UTF-8 text").waitFor();
      assert.match(await broken.locator("pre").first().textContent(), /"name": "Session \ufffd\ufffd"/);
      assert.match(await broken.locator(".bytes").textContent(), /^[0-9a-f]{8} {2}7b .*ff/s);
      await look(page, "pieces");
    }, { server: app.server.origin }));
});

test("before anything is copied the page says what is missing and what to do", () =>
  withApp({ people: [], sessions: [] }, (app) =>
    inBrowser(async (page) => {
      const migration = await Migration.open(page);
      await migration.part("Quarantine").getByText("Everything in the files was understood").waitFor();
      await look(page, "empty");
      await migration.click("Switch dual write on", "regimen dual-write on", "Dual write is on");
      await migration.is("Dual write");
      await migration.part("Mirror").getByText("Nothing waits.").waitFor();
      await migration.part("Runs").getByText("No job has run yet").waitFor();
      await migration.click("Start the backfill", "regimen backfill");
      await migration.is("Backfilled");
      await migration.part("Parity").getByText("no record differs").waitFor();
      await migration.part("Reads on both sides").getByText("REGIMEN_SHADOW_READS").waitFor();
      await look(page, "nothing");
    }, { server: app.server.origin })));

test("a member sees nothing of a migration", () =>
  withApp({ people: PEOPLE, sessions: [session(1, "ada")] }, (app) =>
    inBrowser(async (page) => {
      await page.goto("/console#/migration");
      await enter(page, MEMBER);
      await page.getByRole("heading", { name: "For admins only" }).waitFor();
      assert.equal(await page.getByText("Dual write").count(), 0);
      const { body } = await app.member.ask("mutation { startBackfill { migration { phase } } }");
      assert.equal(body.errors[0].extensions.code, "FORBIDDEN");
    }, { server: app.server.origin })));
