import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { unlessAbsent } from "@trainer/disk";
import type { Command } from "commander";
import { z } from "zod";
import { word } from "../framework/arguments.js";
import { defineCommand, RUN } from "../framework/define-command.js";
import { printable } from "../display/printable.js";
import { followFile } from "../runs/follow-file.js";
import type { Io } from "../process/io.js";
import type { Output } from "../display/output.js";
import { logLine, LogRecord } from "../run-display/log-line.js";

const Options = z.strictObject({
  follow: z.boolean().default(false).describe("go on as the run does, to its end"),
  tail: z.int().min(1).default(200).describe("begin with the last n records"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "What a run has said of itself: a record a line, the newest last.",
    args: { run: word(RUN) },
    options: Options,
    aliases: { follow: "f" },
    examples: {
      "trainer logs latest --tail 20": "the last 20 records of the newest run",
      "trainer logs RUN --follow": "as they come: from another terminal, or with --server of a server's run",
      "trainer logs RUN --json | jq -r 'select(.level == \"ERROR\").message'": "the records as they are stored",
    },
    async runOn({ client, flag }, { args: { run: runId }, options: { follow, tail }, out }) {
      if (!follow) return print(out, (await client.logs(runId, { tail })).split("\n"));
      await io.interruptible(async (signal) => {
        for await (const line of client.followLogs(runId, { tail, signal })) print(out, [line]);
        out.note(`The run has ended. How: trainer runs show ${runId}${flag}`);
      });
    },
    async run({ args: { run: runId }, options: { follow, tail }, home, flags, out }) {
      const { findRecord, openHome } = await import("@trainer/training/files");
      const { isHeld } = await import("@trainer/training/files");
      const { logs } = await findRecord(runId, openHome(home));
      const text = await readLog(logs);
      const whole = follow ? text.slice(0, text.lastIndexOf("\n") + 1) : text; // a record may be half written now
      if (text === "") out.note(`${runId} has written no log yet.`);
      print(out, whole.trimEnd().split("\n").slice(-tail));
      if (!follow) return;
      await io.interruptible(async (signal) => {
        const ended = () => Promise.resolve(!isHeld(join(dirname(logs), "lock.json")));
        const lines = followFile(logs, { from: Buffer.byteLength(whole), ended, signal });
        for await (const line of lines) print(out, [line]);
        out.note(`The run has ended. How: trainer runs show ${runId}${flags}`);
      });
    },
  });
}

const readLog = async (path: string): Promise<string> => (await unlessAbsent(readFile(path, "utf8"))) ?? "";

/** Records for eyes, or with --json as they are; a line that is none, cut off by a crash, is shown as it is. */
function print(out: Output, lines: readonly string[]): void {
  for (const line of lines.filter(Boolean)) {
    const record = parse(line);
    out.record(record ?? { unreadable: line });
    out.text(`${record === null ? printable(line) : logLine(record, out.paint)}\n`);
  }
}

function parse(line: string): LogRecord | null {
  try {
    return LogRecord.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
