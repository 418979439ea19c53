import { explain } from "./process/errors.js";
import { interrupts, OutputLost } from "./process/interrupts.js";
import { endWithParent } from "./process/end-with-parent.js";
import { lastResort } from "./process/last-resort.js";
import { programName } from "./process/program-name.js";
import { run } from "./program.js";

endWithParent(process);
const unhandled = lastResort(process, process.stderr);
process.stderr.on("error", () => {}); // a terminal that has been closed: the work goes on without it
const code = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  program: programName({ env: process.env, cwd: process.cwd() }),
  interruptible: interrupts(process, process.stdout, (reason) => {
    if (reason instanceof OutputLost) process.stderr.write(`error: ${explain(reason).message}\n`);
    process.exit(reason.exitCode);
  }),
});
process.exitCode = unhandled.exitCode(code);
