// Two pages, `graphiql` and `console`. `npm run dev` serves them while they are written and passes GraphQL on to
// a server on port 4000; `build.mjs` makes what goes into the program.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { defineConfig } from "vite";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const SERVER = process.env.REGIMEN_URL ?? "http://127.0.0.1:4000";
const API = { "/graphql": { target: SERVER, ws: true } };
/** As the server sends it. */
export const POLICY = readFileSync(`${HERE}policy.txt`, "utf8").trim();

/** GraphiQL's styles carry fonts and pictures as data; the policy of our pages takes none, and nobody misses them. */
function withoutData() {
  return {
    name: "without-data",
    enforce: "pre",
    transform(code, id) {
      if (!/node_modules.*\.css/.test(id)) return null;
      return code
        .replace(/@font-face\s*{[^}]*}/g, "")
        .replace(/background-image:\s*url\(["']?data:[^)]*\);?/g, "");
    },
  };
}

export default defineConfig({
  root: HERE,
  plugins: [withoutData()],
  appType: "mpa",
  // Its dialogs would write styles into the page, to hold it still below them: it does not scroll anyway.
  resolve: { alias: { "react-style-singleton": `${HERE}src/graphiql/no-styles.ts` } },
  build: {
    target: "es2022",
    manifest: "manifest.json",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      input: { graphiql: `${HERE}graphiql.html`, console: `${HERE}console.html` },
      // GraphiQL's forty small parts are all wanted at once.
      output: { manualChunks: (id) => (/node_modules\/(?!preact|graphql-ws)/.test(id) ? "editor" : undefined) },
    },
  },
  server: { proxy: API },
  // What was built, under the policy that the server sends.
  preview: { proxy: API, headers: { "content-security-policy": POLICY } },
});
