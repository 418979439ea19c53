// npm start: from a fresh clone to the whole system on this machine. Flags are those of `trainer serve`:
//   npm start -- --port 8100 --home /srv/trainer
import { bootstrap } from "./bootstrap.js";
import { run } from "./say.js";

await run(async () => void (await bootstrap()));
if (process.exitCode === 0) {
  process.argv.splice(2, 0, "serve");
  await import("../apps/cli/bin/trainer.js"); // in this process, so that it receives the signals itself
}
