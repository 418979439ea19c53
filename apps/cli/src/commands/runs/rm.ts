import type { Command } from "commander";
import { z } from "zod";
import { words } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import { formatBytes } from "../../display/quantity.js";
import type { Io } from "../../process/io.js";
import type { Output } from "../../display/output.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Remove runs with all their files. Tokenizers stay. A run that is being trained or used is left alone.",
    args: { id: words("whole ids of runs, since what is removed is gone; or `latest`") },
    options: z.strictObject({}),
    examples: { "trainer runs rm RUN": "at once, and for good", "trainer runs rm RUN1 RUN2 --json": "removed, bytes" },
    async runOn(server, { args: { id: refs }, out }) {
      const { nameRemoteRun } = await import("../../services/server.js");
      const { LATEST } = await import("@trainer/training/files");
      await remove(refs, out, async (ref) => {
        const id = ref === LATEST ? await nameRemoteRun(server, ref) : ref;
        return { id, ...(await server.client.removeRun(id)) };
      });
    },
    async run({ args: { id: refs }, home, out }) {
      const { openHome, removeRun } = await import("@trainer/training/files");
      const { LATEST, nameRun } = await import("@trainer/training/files");
      await remove(refs, out, async (ref) => {
        const id = ref === LATEST ? await nameRun(ref, openHome(home)) : ref;
        return { id, ...(await removeRun(openHome(home), id)) };
      });
    },
  });
}

/** Removes one run after the other, and tells of those. */
async function remove(
  refs: readonly string[],
  out: Output,
  removeOne: (ref: string) => Promise<{ readonly id: string; readonly bytes: number }>,
): Promise<void> {
  const removed: string[] = [];
  let bytes = 0;
  for (const ref of refs) {
    const one = await removeOne(ref);
    bytes += one.bytes;
    removed.push(one.id);
  }
  out.result({ removed, bytes }, () => `removed ${removed.join(", ")}: ${formatBytes(bytes)} freed`);
}
