// Bundles charts.js with the library behind it into one script, the licences of all that is in it at its top.
// usage: node bundle.mjs OUTPUT_FOLDER, in a folder with node_modules
import {build} from "esbuild";
import {mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync} from "node:fs";
import {join} from "node:path";

const output = process.argv[2];

const bundle = await build({
  entryPoints: ["charts.js"], bundle: true, minify: true, format: "iife", globalName: "Plot", target: "es2020",
  charset: "ascii", legalComments: "none", metafile: true, write: false, logLevel: "error",
});

// "node_modules/@scope/name/..." and "node_modules/name/..."
const packages = new Set(Object.entries(Object.values(bundle.metafile.outputs)[0].inputs)
  .filter(([, part]) => part.bytesInOutput > 0)
  .map(([path]) => path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
  .filter(Boolean));

// Packages whose licences differ only in their copyright lines share one text.
const texts = new Map();
for (const name of [...packages].sort()) {
  const folder = join("node_modules", name);
  const {version, license} = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(folder, file), "utf8").replace(/\r/g, "").trim() : `${license} licence`;
  const notices = text.split("\n").filter((line) => /^Copyright .*\d{4}/.test(line)).join("; ");
  const body = text.split("\n").filter((line) => !/^Copyright .*\d{4}/.test(line)).join("\n").trim();
  texts.set(body, [...(texts.get(body) ?? []), `${name} ${version}${notices ? `: ${notices}` : ""}`]);
}
const licences = [...texts].map(([body, names]) => `${names.join("\n")}\n\n${body}`).join("\n\n----\n\n");

const code = `/*! The charts library of this page and what it is made of.\n\n${licences.replaceAll("*/", "* /")}\n*/\n${bundle.outputFiles[0].text}`;
if (/<\/script|<!--/i.test(code)) throw new Error("the bundle holds what would end a script element");
mkdirSync(output, {recursive: true});
for (const [name, content] of [["licences.txt", `${licences}\n`], ["charts.js", code]]) {
  writeFileSync(join(output, `${name}.new`), content);
  renameSync(join(output, `${name}.new`), join(output, name));
}
