import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../define-command.js";
import { formatBytes } from "../display/quantity.js";
import type { Io } from "../io.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Remove runs with all their files. Tokenizers stay. A run that is being trained or used is left alone.",
    args: { "<id...>": "whole ids of runs, since what is removed is gone; or `latest`" },
    options: z.strictObject({}),
    instead: "remove a server's runs on its own machine, with its --home",
    examples: { "trainer runs rm RUN": "at once, and for good", "trainer runs rm RUN1 RUN2 --json": "removed, bytes" },
    async run({ args, home, out }) {
      const { openHome, removeRun } = await import("@trainer/training");
      const { LATEST, nameRun } = await import("@trainer/training/files");
      const removed: string[] = [];
      let bytes = 0;
      for (const ref of args) {
        const id = ref === LATEST ? await nameRun(ref, openHome(home)) : ref;
        bytes += (await removeRun(openHome(home), id)).bytes;
        removed.push(id);
      }
      out.result({ removed, bytes }, () => `removed ${removed.join(", ")}: ${formatBytes(bytes)} freed`);
    },
  });
}
