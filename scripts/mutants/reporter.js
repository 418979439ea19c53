import { relative } from "node:path";
import { root } from "../paths.js";
import { say } from "../say.js";
import { summary, survivor } from "./report.js";

/** Prints survivors as they are found, so that a run that is cut off has shown its part. */
class Survivors {
  /** @param {import("./report.js").Mutant & { fileName: string }} mutant */
  onMutantTested(mutant) {
    const line = survivor({ ...mutant, fileName: relative(root, mutant.fileName) });
    if (line !== null) say(line);
  }

  /** @param {import("./report.js").Report} report */
  onMutationTestReportReady(report) {
    say(`\n${summary(report)}`);
  }
}

export const strykerPlugins = [{ kind: "Reporter", name: "survivors", injectableClass: Survivors }];
