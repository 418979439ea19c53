import { writeText } from "@trainer/disk";
import type { Command } from "commander";
import { z } from "zod";
import { defineCommand, type Invocation } from "../../framework/define-command.js";
import { UsageError } from "../../process/errors.js";
import type { Io } from "../../process/io.js";
import { csv } from "../../runs/csv.js";
import { runTable, type TableRun } from "../../runs/run-table.js";

const file = z.string().min(1).nullable().default(null);
const Options = z.strictObject({
  csv: file.describe("the file to write, as CSV; -: to stdout"),
  parquet: file.describe("the file to write, as Parquet"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Write all runs as a table, a row each, the newest first: what they are, how they went, what they came to, and each of their settings as a column.",
    args: {},
    options: Options,
    needs: [["csv", "parquet"]],
    examples: {
      "trainer runs export --csv runs.csv": "for a spreadsheet",
      "trainer runs export --parquet runs.parquet": "with types; in Python: pandas.read_parquet('runs.parquet')",
      "trainer runs export --csv - | head -1": "the names of the columns",
      "trainer runs export --csv runs.csv --server http://127.0.0.1:8000": "the runs of a server",
    },
    async runOn(server, invocation) {
      const { remoteTable } = await import("../../remote/table.js");
      await exported(invocation, () => remoteTable(server));
    },
    async run(invocation) {
      const { listRuns, openHome } = await import("@trainer/training/files");
      await exported(invocation, () => listRuns(openHome(invocation.home)));
    },
  });
}

async function exported(
  { options, io, out }: Pick<Invocation<z.output<typeof Options>>, "options" | "io" | "out">,
  list: () => Promise<readonly TableRun[]>,
): Promise<void> {
  const toStdout = options.csv === "-";
  if (options.csv === null && options.parquet === null)
    throw new UsageError("a file is needed: name one with --csv or --parquet");
  if (toStdout && out.json) throw new UsageError("--csv - and --json both write to stdout: name a file");
  const { plainSettings } = await import("@trainer/training/files");
  const runs = await list();
  const columns = runTable(runs, plainSettings);
  const files: string[] = [];
  if (toStdout) io.stdout.write(csv(columns));
  else if (options.csv !== null) files.push(await write(options.csv, csv(columns)));
  if (options.parquet !== null) {
    const { parquet } = await import("../../runs/parquet.js");
    files.push(await write(options.parquet, await parquet(columns)));
  }
  if (toStdout) return;
  out.result({ runs: runs.length, columns: columns.map(({ name }) => name), files }, () =>
    files.map((path) => `${path}: ${runs.length} runs, ${columns.length} columns`).join("\n"),
  );
}

async function write(path: string, content: string | Uint8Array): Promise<string> {
  await writeText(path, content);
  return path;
}
