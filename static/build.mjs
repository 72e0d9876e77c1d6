// Builds the portal's assets: style sheet, scripts, typeface and images, under
// hashed names in static/build/, with manifest.json mapping plain to hashed names.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import * as sass from "sass";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(here);
const out = path.join(here, "build");
const DAY = 24 * 60 * 60 * 1000;

const sassPlugin = {
  name: "sass",
  setup(build) {
    build.onLoad({ filter: /\.scss$/ }, ({ path: file }) => {
      const result = sass.compile(file, {
        loadPaths: [root, path.join(root, "node_modules")],
        quietDeps: true,
      });
      // url() paths in the sheet are written relative to the entry file.
      return { contents: result.css, loader: "css", resolveDir: path.dirname(file) };
    });
  },
};

async function bundle() {
  const result = await esbuild.build({
    absWorkingDir: root,
    entryPoints: ["static/js/portal.js", "static/js/support.js", "static/scss/portal.scss"],
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2021", "safari15"],
    outdir: out,
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file", ".svg": "file", ".png": "file" },
    plugins: [sassPlugin],
    metafile: true,
    logLevel: "warning",
  });
  const names = {};
  for (const [file, { entryPoint, inputs }] of Object.entries(result.metafile.outputs)) {
    const extension = path.extname(file);
    const source = path.basename(entryPoint ?? Object.keys(inputs)[0]);
    const logical = entryPoint ? path.basename(source, path.extname(source)) + extension : source;
    names[logical] = path.basename(file);
  }
  return names;
}

async function copyImages() {
  const names = {};
  for (const image of (await readdir(path.join(here, "images"))).sort()) {
    const bytes = await readFile(path.join(here, "images", image));
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
    const { name, ext } = path.parse(image);
    names[`images/${image}`] = `${name}-${hash}${ext}`;
    await writeFile(path.join(out, names[`images/${image}`]), bytes);
  }
  return names;
}

// Written beside and renamed into place, so a running portal never reads half of it.
async function writeManifest(names) {
  const sorted = Object.fromEntries(Object.entries(names).sort());
  const temporary = path.join(out, "manifest.json.part");
  await writeFile(temporary, JSON.stringify(sorted, null, 2) + "\n");
  await rename(temporary, path.join(out, "manifest.json"));
}

// Yesterday's files stay for a day: a portal that runs meanwhile still names them in its pages.
async function pruneOldFiles(names) {
  const keep = new Set([...Object.values(names), "manifest.json"]);
  for (const file of await readdir(out)) {
    const isRecent = (await stat(path.join(out, file))).mtimeMs > Date.now() - DAY;
    if (!keep.has(file) && !isRecent) await rm(path.join(out, file), { recursive: true });
  }
}

await mkdir(out, { recursive: true });
const names = { ...(await bundle()), ...(await copyImages()) };
await writeManifest(names);
await pruneOldFiles(names);
