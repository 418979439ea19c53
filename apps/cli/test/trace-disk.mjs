// Preloaded into a process (node --import): writes down, in order, what it does to files, for durable.test.ts to check.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname, resolve } from "node:path";
import { onSync, paths } from "./on-sync.mjs";

const to = fs.openSync(String(process.env.TRACE_DISK), "a");
const { writeSync, existsSync } = fs;
const note = (does, path, other) => {
  if (typeof path !== "string" && !(path instanceof URL)) return;
  writeSync(to, `${JSON.stringify([does, resolve(String(path)), other && resolve(String(other))])}\n`);
};
const writes = (flags) => (typeof flags === "number" ? (flags & 3) !== 0 : /[wa+]/.test(String(flags ?? "r")));

function patch(object, name, wrapper) {
  const original = object[name];
  object[name] = function (...args) {
    return wrapper.call(this, original.bind(this), ...args);
  };
}

patch(fs.promises, "open", async (open, path, flags, mode) => {
  const handle = await open(path, flags, mode);
  if (writes(flags)) note("write", path);
  return handle;
});
patch(fs.promises, "writeFile", async (writeFile, file, data, options) => {
  await writeFile(file, data, options);
  note("write", file);
});
patch(fs.promises, "appendFile", async (appendFile, file, ...rest) => {
  await appendFile(file, ...rest);
  note("write", file);
});
for (const api of [fs.promises, fs]) {
  const suffix = api === fs ? "Sync" : "";
  const after = (name, tell) => {
    patch(api, `${name}${suffix}`, (call, ...args) => {
      const result = call(...args);
      if (result instanceof Promise) return result.then((value) => (tell(...args), value));
      tell(...args);
      return result;
    });
  };
  after("rename", (from, path) => note("rename", from, path));
  after("link", (from, path) => note("link", from, path));
  after("copyFile", (_, path) => note("write", path));
  after("rm", (path) => note("rm", path));
  after("unlink", (path) => note("rm", path));
  after("rmdir", (path) => note("rm", path));
}
function made(path, mkdir) {
  const missing = [];
  for (let each = resolve(String(path)); !existsSync(each); each = dirname(each)) missing.unshift(each);
  const tell = (result) => {
    for (const each of missing) note("mkdir", each);
    return result;
  };
  const result = mkdir();
  return result instanceof Promise ? result.then(tell) : tell(result);
}
for (const [api, name] of [
  [fs.promises, "mkdir"],
  [fs, "mkdirSync"],
]) {
  patch(api, name, (mkdir, path, options) => made(path, () => mkdir(path, options)));
}
patch(fs, "openSync", (openSync, path, flags, mode) => {
  const fd = openSync(path, flags, mode);
  if (writes(flags)) note("write", path);
  return fd;
});
for (const name of ["writeFileSync", "appendFileSync"]) {
  patch(fs, name, (write, file, ...rest) => {
    write(file, ...rest);
    note("write", typeof file === "number" ? paths.get(file) : file);
  });
}
onSync((path) => note("sync", path));
syncBuiltinESMExports();
