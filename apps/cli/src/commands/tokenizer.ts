import type { Command } from "commander";
import type { Io } from "../process/io.js";
import { define as defineCompare } from "./tokenizer/compare.js";
import { define as defineDecode } from "./tokenizer/decode.js";
import { define as defineEncode } from "./tokenizer/encode.js";
import { define as defineExtend } from "./tokenizer/extend.js";
import { define as defineList } from "./tokenizer/list.js";
import { define as defineRemove } from "./tokenizer/rm.js";
import { define as defineShow } from "./tokenizer/show.js";
import { define as defineTrain } from "./tokenizer/train.js";

export function define(command: Command, io: Io): void {
  command.description("Train a tokenizer, extend one, use it, look inside, compare, list, remove.");
  defineTrain(command.command("train").summary("learn a vocabulary from text"), io);
  defineExtend(command.command("extend").summary("add tokens of a text to one that is there"), io);
  defineEncode(command.command("encode").summary("text to token ids, line by line"), io);
  defineDecode(command.command("decode").summary("token ids to text"), io);
  defineShow(command.command("show").summary("vocabulary size, special and longest tokens; how a text is cut"), io);
  defineCompare(command.command("compare").summary("what several make of the same text, side by side"), io);
  defineList(command.command("list").summary("the tokenizers of the home, and the runs that use each"), io);
  defineRemove(command.command("rm").summary("remove tokenizers that no run uses"), io);
}
