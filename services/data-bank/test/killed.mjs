// A store in a process that kills itself before one of the calls that change a folder: `killed.mjs <root> <n>`.
// What it prints tells how far it came.
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const [, , root = "", call = "0"] = process.argv;
let left = Number(call);

/** @param {"open" | "mkdir" | "rename"} name */
function killAt(name) {
  const real = fs[name];
  // @ts-expect-error one wrapper for functions of several signatures
  fs[name] = (...args) => {
    if (left-- === 0) process.kill(process.pid, "SIGKILL");
    // @ts-expect-error the same
    return real(...args);
  };
}

const { DiskStore } = await import("../dist/index.js");
const store = await DiskStore.open({ root, minFreeBytes: 0 });
killAt("open");
killAt("mkdir");
killAt("rename");
syncBuiltinESMExports();

async function* body() {
  yield Buffer.from("kil");
  yield Buffer.from("led");
}
await store.put(body(), "text/killed", 0);
console.log("stored");
