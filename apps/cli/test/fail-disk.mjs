// Preloaded into a process (node --import): while FAIL_DISK/codes exists, each place in the program that touches a file below
// FAIL_DISK_ROOT fails there once, with the next of that file's errors, for disk.faults.ts. The places that have are in
// FAIL_DISK/places, one a line, whichever process it was.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [control, root] = [String(process.env.FAIL_DISK), String(process.env.FAIL_DISK_ROOT)];
const { readFileSync, appendFileSync, existsSync } = fs;
const places = join(control, "places");
const FRAME = /(?:packages|services|apps)\/[a-z-]+\/dist\/.*?:\d+:\d+/;

/** The program's own frames nearest to the call: a file's line is another place when others call it. */
function place() {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 20;
  const { stack } = new Error("here");
  Error.stackTraceLimit = limit;
  return stack
    .split("\n")
    .flatMap((line) => FRAME.exec(line) ?? [])
    .slice(0, 3)
    .join(" < ");
}

function fault(name, path) {
  const file = path instanceof URL ? fileURLToPath(path) : path;
  if (typeof file !== "string" || !file.startsWith(root)) return null;
  if (!existsSync(join(control, "codes"))) return null;
  const at = place();
  if (at === "") return null;
  const line = `${name} ${at}\n`;
  const before = existsSync(places) ? readFileSync(places, "utf8") : "";
  if (before.includes(line)) return null;
  appendFileSync(places, line);
  const codes = readFileSync(join(control, "codes"), "utf8").split(" ");
  const code = codes[before.split("\n").length % codes.length];
  return Object.assign(new Error(`${code}: injected, ${name} '${file}'`), { code, syscall: name, path: file });
}

const NAMES =
  "access appendFile chmod copyFile link lstat mkdir mkdtemp open opendir readdir readFile readlink realpath rename rm rmdir stat statfs symlink truncate unlink utimes writeFile";
for (const name of NAMES.split(" ")) {
  for (const [api, key] of [
    [fs.promises, name],
    [fs, `${name}Sync`],
  ]) {
    const original = api[key];
    if (typeof original !== "function") continue;
    const failing = function (path, ...args) {
      const error = fault(name, path);
      if (error === null) return Reflect.apply(original, this, [path, ...args]);
      if (api === fs) throw error;
      return Promise.reject(error);
    };
    api[key] = Object.assign(failing, original);
  }
}
for (const name of ["createReadStream", "createWriteStream"]) {
  const original = fs[name];
  fs[name] = (path, ...args) => {
    const error = fault(name, path);
    const stream = original(path, ...args);
    if (error !== null) stream.destroy(error);
    return stream;
  };
}
const { open } = fs.promises;
fs.promises.open = async (path, ...args) => {
  const handle = await open(path, ...args);
  for (const name of ["read", "readFile", "write", "writeFile", "writev", "stat", "sync", "datasync", "truncate"]) {
    const original = handle[name].bind(handle);
    handle[name] = async (...rest) => {
      const error = fault(name, path);
      if (error !== null) throw error;
      return original(...rest);
    };
  }
  return handle;
};
syncBuiltinESMExports();
