import type { Command } from "commander";
import type { ScrubFinding } from "@trainer/data-bank";
import { z } from "zod";
import { defineCommand } from "../../framework/define-command.js";
import { ProgressLine } from "../../display/progress-line.js";
import { formatBytes, formatCount } from "../../display/quantity.js";
import type { Io } from "../../process/io.js";
import { filesRoot } from "./start.js";

const Options = z.strictObject({
  root: z.string().min(1).optional().meta({ description: "where files are kept: DATA_ROOT, or files/ in the home" }),
  repair: z.boolean().default(false).meta({
    description:
      "put aside what is damaged, describe again what has lost its description, remove uploads that were cut off",
  }),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "Reads every file and checks it against its hash. The service may run meanwhile. No file is deleted.",
    args: {},
    options: Options,
    examples: {
      "trainer data-bank scrub": "tells what is wrong; exit code 1 if anything is",
      "trainer data-bank scrub --repair": "moves it to quarantine/ in the store's folder",
    },
    async run({ options: { root: given, repair }, home, io, out }) {
      const { dataBankConfig, inspectStore } = await import("@trainer/data-bank");
      const { registerPluginStores } = await import("./plugin-stores.js");
      registerPluginStores();
      const store = await inspectStore(dataBankConfig({ ...io.env, DATA_ROOT: filesRoot(given, io.env, home) }));
      const findings: Omit<ScrubFinding, "type">[] = [];
      let [files, bytes] = [0, 0];
      const line = new ProgressLine(io, out);
      for await (const event of store.scrub({ repair })) {
        if (event.type === "finding") {
          const { kind, path, problem, repaired } = event;
          findings.push({ kind, path, problem, repaired });
        } else {
          ({ files, bytes } = event);
          line.update(`${formatCount(files)} files`, bytes / Math.max(1, event.totalBytes));
        }
      }
      line.clear();
      out.result({ place: store.place, files, bytes, findings }, () =>
        [
          ...findings.map(sentence),
          `${formatCount(files)} files, ${formatBytes(bytes)}, checked in ${store.place}`,
        ].join("\n"),
      );
      const left = findings.filter(({ kind, repaired }) => kind !== "foreign" && repaired === null);
      if (left.length > 0) throw new StoreDamaged(left.length);
    },
  });
}

class StoreDamaged extends Error {
  override readonly name = "StoreDamaged";
  readonly code = "STORE_DAMAGED";
  constructor(count: number) {
    super(`${formatCount(count)} things in the store are not as they should be`);
  }
}

const sentence = ({ kind, path, problem, repaired }: Omit<ScrubFinding, "type">): string =>
  `${kind.padEnd(12)}  ${path}: ${problem}${repaired === null ? "" : `; ${repaired}`}`;
