import type { Command } from "commander";
import type { Io } from "../process/io.js";
import { define as defineBins } from "./cleanup/bins.js";
import { define as defineCorpusCache } from "./cleanup/corpus-cache.js";
import { define as defineRuns } from "./cleanup/runs.js";
import { define as defineTokenizers } from "./cleanup/tokenizers.js";

export function define(command: Command, io: Io): void {
  command.description("Make room: remove what is kept elsewhere, can be fetched again, or is of no more use.");
  defineRuns(command.command("runs").summary("runs whose archives a file service keeps"), io);
  defineCorpusCache(command.command("corpus-cache").summary("fetched corpora beyond what there is room for"), io);
  defineBins(command.command("bins").summary("token bins beyond what there is room for, or unused for long"), io);
  defineTokenizers(command.command("tokenizers").summary("tokenizers that no run names"), io);
}
