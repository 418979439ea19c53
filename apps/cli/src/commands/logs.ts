import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../define-command.js";
import { printable } from "../display/printable.js";
import { UsageError } from "../errors.js";
import type { Io } from "../io.js";
import type { Output } from "../output.js";

const Options = z.strictObject({
  follow: z.boolean().default(false).describe("go on as the run does, to its end"),
  tail: z.int().min(1).default(200).describe("begin with the last n records"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "What a run has said of itself: a record a line, the newest last.",
    args: { "<run>": "id of the run" },
    options: Options,
    aliases: { follow: "f" },
    examples: {
      "trainer logs RUN --tail 20": "the last 20 records",
      "trainer logs RUN --follow --server http://127.0.0.1:8000": "of a server's run, as they come",
      "trainer logs RUN --json | jq -r 'select(.level == \"ERROR\").message'": "the records as they are stored",
    },
    async runOn({ client, flag }, { args: [runId = ""], options: { follow, tail }, out }) {
      if (!follow) return print(out, await client.logs(runId, { tail }));
      await io.interruptible(async (signal) => {
        for await (const line of client.followLogs(runId, { tail, signal })) print(out, line);
        out.note(`The run has ended. How: trainer runs show ${runId}${flag}`);
      });
    },
    async run({ args: [runId = ""], options: { follow, tail }, home, out }) {
      if (follow) throw new UsageError("--follow needs --server; a run of this machine is shown where it was started");
      const { findRecord, openHome } = await import("@trainer/training");
      const { logs } = await findRecord(runId, openHome(home));
      const lines = (await readFile(logs, "utf8")).trimEnd().split("\n");
      print(out, lines.slice(-tail).join("\n"));
    },
  });
}

const Entry = z.object({ timestamp: z.string(), level: z.string(), message: z.string() });

/** Records for eyes, or with --json as they are. */
function print(out: Output, lines: string): void {
  for (const line of lines.split("\n").filter(Boolean)) {
    const entry = Entry.loose().parse(JSON.parse(line));
    out.record(entry);
    const { timestamp, level, message } = entry;
    out.text(`${out.paint.dim(timestamp.replace("T", " "))} ${level.padEnd(7)} ${printable(message)}\n`);
  }
}
