#!/usr/bin/env node
// A committed file, so that npm can link the command before the first build.
import { existsSync } from "node:fs";

const main = new URL("../dist/main.js", import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  console.error("trainer is not built yet: run `npm run bootstrap` in the project's folder first.");
  process.exitCode = 1;
}
