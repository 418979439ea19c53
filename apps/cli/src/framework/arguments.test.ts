import { Command } from "commander";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { addArguments, anyWords, readArguments, word, words } from "./arguments.js";

const usageOf = (...shape: Parameters<typeof addArguments>[1][]) =>
  shape.map((each) => {
    const command = new Command("it").helpOption(false);
    addArguments(command, each);
    return command.usage();
  });

test("an argument is required, may be left out, or is a list of either kind", () => {
  const optional = z.string().optional().describe("a run");
  expect(usageOf({ run: word("a run") }, { run: optional }, { run: words("runs") }, { run: anyWords("runs") })).toEqual(
    ["<run>", "[run]", "<run...>", "[run...]"],
  );
});

test("its description stands in the help", () => {
  const command = new Command("it");
  addArguments(command, { run: word("id of a run"), ids: anyWords("token ids") });
  expect(command.registeredArguments.map(({ description }) => description)).toEqual(["id of a run", "token ids"]);
});

test("words get their names in order, and the list takes what is left", () => {
  const shape = { tokenizer: word("a tokenizer"), ids: anyWords("ids") };
  const read = readArguments(shape, ["bpe", "1", "2"]);
  expectTypeOf(read).toEqualTypeOf<{ tokenizer: string; ids: string[] }>();
  expect(read).toEqual({ tokenizer: "bpe", ids: ["1", "2"] });
  expect(readArguments(shape, ["bpe"])).toEqual({ tokenizer: "bpe", ids: [] });
});

test("an argument that was left out is undefined", () => {
  const read = readArguments({ run: z.string().optional() }, []);
  expectTypeOf(read.run).toEqualTypeOf<string | undefined>();
  expect(read.run).toBeUndefined();
});
