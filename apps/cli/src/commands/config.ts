import type { Command } from "commander";
import type { Io } from "../process/io.js";
import { define as defineShow } from "./config/show.js";

export function define(command: Command, io: Io): void {
  command.description("The configuration of the services.");
  defineShow(command.command("show").summary("print every setting, and where it was set"), io);
}
