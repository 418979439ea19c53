// Fetches libtorch unless it is there: run by `trainer` before a first training, in a process of its own, so that
// signals reach pip and not the command. Progress goes to stdout, the reason of a failure to stderr.
import { fetchLibtorch } from "./fetch.js";
import { findLibtorch } from "./find.js";
import { run } from "./say.js";

const end = () => process.kill(process.pid, "SIGTERM");
process.on("disconnect", end); // the command was killed: pip is ended too

await run(async () => {
  if (findLibtorch() === null) await fetchLibtorch();
});
process.off("disconnect", end);
if (process.connected) process.disconnect();
