import type { Command } from "commander";
import type { Io } from "../process/io.js";
import { define as defineAdd } from "./corpus/add.js";
import { define as defineClean } from "./corpus/clean.js";
import { define as defineDedup } from "./corpus/dedup.js";
import { define as defineLeak } from "./corpus/leak.js";
import { define as defineList } from "./corpus/list.js";
import { define as defineShow } from "./corpus/show.js";

export function define(command: Command, io: Io): void {
  command.description(
    "Look at text before training on it, send it to a file service, see what was fetched from there. Without a verb: list.",
  );
  defineList(command.command("list", { isDefault: true }).summary("corpora that were fetched from a file service"), io);
  defineAdd(command.command("add").summary("send text to a file service: prints its id, and what it is like"), io);
  defineShow(command.command("show").summary("lines, characters, scripts, duplicates, longest line"), io);
  defineDedup(command.command("dedup").summary("write a text without its copies, equal ones and near ones"), io);
  defineClean(command.command("clean").summary("write a text without what is no use in it, personal data masked"), io);
  defineLeak(command.command("leak").summary("how much of a benchmark lies in a text"), io);
}
