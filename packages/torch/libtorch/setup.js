// Fetches libtorch unless it is there: run by `trainer` before a first training, in a process of its own, so that
// signals reach pip and not the command. Progress goes to stdout, the reason of a failure to stderr.
import { fetchLibtorch } from "./fetch.js";
import { findLibtorch } from "./find.js";
import { run } from "./say.js";

process.on("disconnect", () => process.kill(process.pid, "SIGTERM")); // the command was killed: pip is ended too

await run(async () => {
  if (findLibtorch() === null) await fetchLibtorch();
  if (process.connected) process.disconnect();
});
