#!/usr/bin/env node
// Runs a program that knows nothing of its parent, and ends it when the parent is gone: guard.js PROGRAM [ARGS...].
// What the program writes goes to stderr; stdout gets one line of JSON, its process id.
import { spawn } from "node:child_process";

const [program = "", ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: [0, 2, 2] });
const stop = () => void child.kill("SIGTERM");

child.on("spawn", () => console.log(JSON.stringify({ pid: child.pid })));
child.on("error", (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on("exit", (code, signal) => {
  if (signal !== null) console.error(`${program} was ended by ${signal}`);
  process.exit(code ?? 1);
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
process.on("disconnect", stop);
