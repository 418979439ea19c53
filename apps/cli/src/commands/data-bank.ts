import type { Command } from "commander";
import type { Io } from "../process/io.js";
import { define as defineScrub } from "./data-bank/scrub.js";
import { define as defineStart } from "./data-bank/start.js";

export function define(command: Command, io: Io): void {
  command.description("The file service: start it, or look over what it keeps. Without a verb: start.");
  defineStart(command.command("start", { isDefault: true }).summary("serve files over HTTP"), io);
  defineScrub(command.command("scrub").summary("check every file against its hash"), io);
}
