// Makes the pages that go into the program: `node build.mjs <folder>` fills the folder with files, compressed ones
// beside them, and writes `pages.rs`, the table that the server includes. Cargo's build script runs this; it installs
// the packages first where the lock file has others.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const PAGES = ["graphiql", "console"];
const KINDS = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const out = resolve(process.argv[2] ?? "dist");
try {
  install();
  await bundle();
  write(found());
} catch (error) {
  // The last line is what the build shows.
  console.error(`error: ${String(error?.message ?? error).split("\n")[0]}`);
  process.exitCode = 1;
}

/** npm notes what it has installed; a folder that was filled by hand is as good as one that was filled here. */
function install() {
  const lock = packages("package-lock.json");
  const installed = packages("node_modules/.package-lock.json");
  const same = ([path, wanted]) => installed?.[path]?.integrity === wanted.integrity || (wanted.optional && !installed?.[path]);
  if (installed && Object.entries(lock).every(same)) return;
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", "--loglevel=error"];
  const npm = spawnSync("npm", ["ci", ...options], { cwd: HERE, encoding: "utf8" });
  if (npm.status === 0) return;
  const said = (npm.stderr ?? "").split("\n").filter((line) => line.startsWith("npm error "));
  const why = said.slice(0, 3).map((line) => line.slice("npm error ".length)).join(", ");
  throw new Error(`npm could not install the packages: ${why || npm.error?.message || "it did not say why"}`);
}

function packages(file) {
  const path = join(HERE, file);
  if (!existsSync(path)) return null;
  const { "": _root, ...rest } = JSON.parse(readFileSync(path, "utf8")).packages;
  return rest;
}

async function bundle() {
  const { build } = await import("vite");
  await build({
    configFile: join(HERE, "vite.config.mjs"),
    logLevel: "error",
    build: { outDir: out, emptyOutDir: true },
  });
}

/** The files with the pages that need them. */
function found() {
  const manifest = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8"));
  const files = new Map();
  for (const page of PAGES) {
    add(files, `${page}.html`, page);
    for (const file of neededBy(manifest, `${page}.html`)) add(files, file, page);
    for (const [, file] of readFileSync(join(out, `${page}.html`), "utf8").matchAll(/"\/(assets\/[^"]+)"/g)) add(files, file, page);
  }
  return files;
}

function add(files, file, page) {
  files.set(file, (files.get(file) ?? new Set()).add(page));
}

function neededBy(manifest, name, seen = new Set()) {
  if (seen.has(name)) return [];
  seen.add(name);
  const { file, css = [], assets = [], imports = [], dynamicImports = [] } = manifest[name];
  const below = [...imports, ...dynamicImports].flatMap((it) => neededBy(manifest, it, seen));
  return [file, ...css, ...assets, ...below];
}

function write(files) {
  const rows = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([file, pages]) => row(file, [...pages]));
  writeFileSync(join(out, "pages.rs"), `&[\n${rows.join("")}]\n`);
}

function row(file, pages) {
  const plain = readFileSync(join(out, file));
  const kind = KINDS[extname(file)];
  if (!kind) throw new Error(`\`${file}\` is of no kind that build.mjs knows`);
  const tag = createHash("sha256").update(plain).digest("base64url").slice(0, 22);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  const brotli = packed(file, ".br", plain, brotliCompressSync(plain, { params: quality }));
  const gzip = packed(file, ".gz", plain, gzipSync(plain, { level: 9 }));
  return `    File {
        path: "${file}",
        kind: "${kind}",
        tag: "${tag}",
        pages: &[${pages.map((page) => `Page::${page === "graphiql" ? "GraphiQl" : "Console"}`).join(", ")}],
        plain: ${included(file)},
        gzip: ${gzip},
        brotli: ${brotli},
    },
`;
}

/** What hardly shrinks is sent as it is. */
function packed(file, end, plain, bytes) {
  if (bytes.length > plain.length * 0.95) return "None";
  writeFileSync(join(out, file + end), bytes);
  return `Some(${included(file + end)})`;
}

function included(file) {
  return `include_bytes!(concat!(env!("OUT_DIR"), "/web/${file}"))`;
}
