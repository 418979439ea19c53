import type { Command } from "commander";
import type { Io } from "../process/io.js";
import { define as defineGet } from "./files/get.js";
import { define as defineInfo } from "./files/info.js";
import { define as definePut } from "./files/put.js";
import { define as defineRemove } from "./files/rm.js";

export function define(command: Command, io: Io): void {
  command.description(
    "Send files to a file service and get them back by their content. The service: --url or APP__DATA_BANK_API_URL; " +
      "the key: APP__DATA_BANK_API_KEY.",
  );
  definePut(command.command("put").summary("send files"), io);
  defineGet(command.command("get").summary("get a file back, going on where an earlier try broke off"), io);
  defineInfo(command.command("info").summary("what the service knows of files"), io);
  defineRemove(command.command("rm").summary("remove files from the service"), io);
}
