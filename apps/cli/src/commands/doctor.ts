import type { Command } from "commander";
import { z } from "zod";
import { defineCommand, type GlobalOptions } from "../framework/define-command.js";
import { ok, type Check } from "../doctor/check.js";
import { nativeChecks, type Natives } from "../doctor/native.js";
import { pluginChecks } from "../doctor/plugins.js";
import { programChecks } from "../doctor/programs.js";
import { report } from "../doctor/report.js";
import { serviceChecks } from "../doctor/services.js";
import { systemChecks } from "../doctor/system.js";
import type { Io } from "../process/io.js";
import { VERSION } from "../process/version.js";

const NATIVES: Natives = {
  torch: () => import("@trainer/torch"),
  tokenizers: async () => (await import("@trainer/tokenizers")).nativeParts.tokenizers(),
  sentencePiece: async () => (await import("@trainer/tokenizers")).nativeParts.sentencePiece(),
};

export function define(command: Command, io: Io, natives: Natives = NATIVES): void {
  defineCommand(command, io, {
    description: "Check what this machine has, what is missing, what that costs and how to mend it.",
    args: {},
    options: z.strictObject({}),
    examples: {
      "trainer doctor": "everything, one line each",
      "trainer doctor --json": "the same for a script; `ok` is false when nothing can be trained",
    },
    async run({ home, out }) {
      const checks: Check[] = [
        ok("trainer", VERSION),
        ...(await systemChecks(home)),
        ...(await nativeChecks(natives)),
        ...(await pluginChecks(command.optsWithGlobals<GlobalOptions>().plugin, home, io)),
        await models(),
        ...(await programChecks(io.env["PATH"] ?? "")),
        ...(await serviceChecks(io)),
      ];
      const healthy = checks.every(({ status }) => status !== "failed");
      out.result({ ok: healthy, checks }, () => report(checks, out.paint).join("\n"));
      if (!healthy) throw new Unhealthy("something that training needs is missing");
    },
  });
}

class Unhealthy extends Error {
  override readonly name = "Unhealthy";
  readonly code = "UNHEALTHY";
}

/** The trainable models, from the registry: no native code is needed. */
async function models(): Promise<Check> {
  const { families } = await import("@trainer/models/capabilities");
  const lines = Array.from(families(), ([name, { sizes }]) => `${name} (${Object.keys(sizes).join(", ")})`);
  return ok("Models", lines.join("; "));
}
