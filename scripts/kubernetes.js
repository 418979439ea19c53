// Holds the manifests under deploy/kubernetes to the API's own schemas, and to each other: npm run test:kubernetes. It needs
// Go, by whose module proxy the schemas come, and kubectl or kustomize; nothing of a cluster.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { problemsOf } from "./kubernetes/problems.js";
import { schemas } from "./kubernetes/schemas.js";

/** @typedef {import("./kubernetes/problems.js").Manifest} Manifest */

const SOURCE = fileURLToPath(new URL("../deploy/kubernetes", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "trainer-kubernetes-"));
try {
  cpSync(SOURCE, folder, { recursive: true });
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }))
    if (file.endsWith(".env.example")) writeSecrets(join(folder, file));
  const problemIn = schemas();
  const sets = ["base", ...readdirSync(join(folder, "overlays")).map((name) => join("overlays", name)), "run"].map(
    (name) => /** @type {const} */ ([name, build(join(folder, name))]),
  );
  const alone = ["base/ingress.example.yaml", "run/trainjob.yaml"];
  let wrong = 0;
  const tell = (/** @type {string} */ where, /** @type {string} */ what) => {
    wrong += 1;
    process.stderr.write(`✗ ${where}: ${what}\n`);
  };
  for (const [name, objects] of [
    ...sets,
    ...alone.map((file) => /** @type {const} */ ([file, documents(readFileSync(join(folder, file), "utf8"))])),
  ]) {
    for (const object of objects) {
      for (const problem of problemIn(object)) tell(`${name}, ${object.kind} ${object.metadata.name}`, problem);
    }
    if (!alone.includes(name)) for (const problem of problemsOf(objects)) tell(name, problem);
    process.stdout.write(`${name.padEnd(24)} ${objects.length} objects\n`);
  }
  if (wrong > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** @param {string} example */
function writeSecrets(example) {
  const lines = readFileSync(example, "utf8").split("\n");
  writeFileSync(
    example.replace(/\.example$/, ""),
    lines.map((line) => (line.endsWith("=") ? `${line}x` : line)).join("\n"),
  );
}

/** @param {string} path @returns {Manifest[]} */
function build(path) {
  const [program, ...args] = findKustomize();
  return documents(execFileSync(program, [...args, path], { encoding: "utf8", maxBuffer: 1 << 26 }));
}

/** @returns {[string, ...string[]]} */
function findKustomize() {
  for (const [program, ...args] of /** @type {[string, ...string[]][]} */ ([
    ["kustomize", "build"],
    ["kubectl", "kustomize"],
  ])) {
    const found = (process.env["PATH"] ?? "").split(":").some((place) => existsSync(join(place, program)));
    if (found) return [program, ...args];
  }
  throw new Error("neither kustomize nor kubectl is installed here: install one of them");
}

/** @param {string} text @returns {Manifest[]} */
function documents(text) {
  return parseAllDocuments(text).map((each) => {
    if (each.errors[0] !== undefined) throw each.errors[0];
    return each.toJS();
  });
}
