import { readdirSync, readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

/** The folder of the package that a module belongs to; names of modules that Rollup made begin with a NUL. */
const PACKAGE = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+\/)/;

/** Puts the licence of every package that the app contains beside it, as these licences ask. */
function licences(): Plugin {
  return {
    name: "licences",
    generateBundle(_options, bundle) {
      const folders = new Set<string>();
      for (const chunk of Object.values(bundle)) {
        for (const id of chunk.type === "chunk" ? Object.keys(chunk.modules) : []) {
          const folder = PACKAGE.exec(id)?.[1];
          if (folder !== undefined) folders.add(folder);
        }
      }
      this.emitFile({
        type: "asset",
        name: "licences.txt",
        source: [...folders].sort().map(licenceIn).join("\n"),
      });
    },
  };
}

function licenceIn(folder: string): string {
  const about = JSON.parse(readFileSync(`${folder}package.json`, "utf-8")) as Record<string, string>;
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  const text =
    file === undefined
      ? `Licence: ${about.license ?? "see its home page"}`
      : readFileSync(folder + file, "utf-8");
  return `${about.name} ${about.version}\n\n${text.trim()}\n`;
}

// Addresses are relative to the page, so that the app works below any path that a proxy puts before it.
export default defineConfig({
  base: "./",
  plugins: [licences()],
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // the Content-Security-Policy allows no data: addresses for scripts and styles
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  worker: { format: "es" },
});
