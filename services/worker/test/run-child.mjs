// A child process of the worker, from the sources, as the tests run them.
import { runSource } from "./run-source.mjs";

await runSource("../src/child/main.ts");
