import type { Command } from "commander";
import type { Io } from "../process/io.js";
import { define as defineExport } from "./runs/export.js";
import { define as defineList } from "./runs/list.js";
import { define as defineRemove } from "./runs/rm.js";
import { define as defineShow } from "./runs/show.js";
import { define as defineSync } from "./runs/sync.js";
import { define as defineUpload } from "./runs/upload.js";

export function define(command: Command, io: Io): void {
  command.description(
    "List the runs of a home, show one, write all as a table, send some to a file service or a tracker, or remove some. Without a verb: list.",
  );
  defineList(command.command("list", { isDefault: true }).summary("all runs, the newest first"), io);
  defineShow(command.command("show").summary("one run: what was asked, how it went, its loss curve"), io);
  defineExport(command.command("export").summary("all runs as a table: CSV or Parquet"), io);
  defineSync(command.command("sync").summary("send runs, or what these lack of them, to MLflow, trackio or W&B"), io);
  defineUpload(command.command("upload").summary("send runs to a file service as archives"), io);
  defineRemove(command.command("rm").summary("remove runs with all their files"), io);
}
