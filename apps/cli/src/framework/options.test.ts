import { grouped } from "@trainer/options";
import { Command, CommanderError } from "commander";
import { expect, test } from "vitest";
import { z } from "zod";
import { optionSpecs } from "./option-spec.js";
import { addOptions, readOptions, typed } from "./options.js";

const Schema = z
  .strictObject({
    ...grouped("Sampling", {
      topK: z.int().min(0).default(50).describe("only the k likeliest"),
      temperature: z.number().min(0).max(2).default(1),
    }),
    size: z.enum(["tiny", "small"]).default("tiny").describe("how large"),
    stop: z.array(z.string()).default([]),
    name: z
      .string()
      .regex(/^[a-z]+$/, "must be small letters")
      .nullable()
      .default(null),
    freeze: z.boolean().default(false),
    stopOnEos: z.boolean().default(true),
    pin: z.boolean().nullable().default(null),
    prompt: z.string(),
  })
  .refine(({ topK, freeze }) => !(freeze && topK === 0), { message: "nothing is left", path: ["topK"] })
  .refine(({ prompt }) => prompt !== "bad", { message: "a bad prompt" });

function parse(...argv: string[]) {
  const errors: string[] = [];
  const command = new Command("x").exitOverride().configureOutput({ writeErr: (text) => errors.push(text) });
  addOptions(command, Schema, { aliases: { size: "kind" } });
  command.option("--json", "not of the schema", false);
  const read = () => {
    command.parse(argv, { from: "user" });
    return readOptions(command, Schema);
  };
  return { read, errors, help: command.helpInformation() };
}

test("what is not given takes the schema's defaults", () => {
  expect(parse("--prompt", "hi").read()).toEqual({
    topK: 50,
    temperature: 1,
    size: "tiny",
    stop: [],
    name: null,
    freeze: false,
    stopOnEos: true,
    pin: null,
    prompt: "hi",
  });
});

test("what is given is read by its kind", () => {
  const line =
    "--top-k 5 --temperature 7e-1 --kind small --stop a --stop b --name ab --freeze --no-stop-on-eos --no-pin --prompt p";
  expect(parse(...line.split(" ")).read()).toEqual({
    topK: 5,
    temperature: 0.7,
    size: "small",
    stop: ["a", "b"],
    name: "ab",
    freeze: true,
    stopOnEos: false,
    pin: false,
    prompt: "p",
  });
});

test.each([
  [["--top-k", "many"], "It must be a whole number from 0."],
  [["--top-k", "1.5"], "It must be a whole number from 0."],
  [["--top-k=-1"], "It must be a whole number from 0."],
  [["--temperature", "3"], "It must be a number from 0 to 2."],
  [["--temperature", "Infinity"], "It must be a number from 0 to 2."],
  [["--temperature", ""], "It must be a number from 0 to 2."],
  [["--size", "smal"], "It must be one of: tiny, small. Did you mean small?"],
  [["--size", "enormous"], "It must be one of: tiny, small.\n"],
  [["--name", "A1"], "must be small letters"],
  [["--tpo-k", "5"], "Did you mean --top-k?"],
])("%j is refused with what would be right", (argv, message) => {
  const { read, errors } = parse(...argv);
  expect(read).toThrow(CommanderError);
  expect(errors.join("")).toContain(message);
});

test("an option that is needed is asked for", () => {
  expect(parse().read).toThrow("--prompt is required (text)");
});

test("rules over several options name the option, or speak for themselves", () => {
  expect(parse("--prompt", "x", "--top-k", "0", "--freeze").read).toThrow("--top-k: nothing is left");
  expect(parse("--prompt", "bad").read).toThrow("a bad prompt");
});

test("help tells description, range, default and group", () => {
  const help = parse().help.replaceAll(/\s+/g, " ");
  expect(help).toContain("Sampling: --top-k <n> only the k likeliest (from 0; default: 50)");
  expect(help).toContain("--kind, --size <name> how large (tiny, small; default: tiny)");
  expect(help).toContain("--stop <text> (may be repeated)");
  expect(help).toContain("--freeze --no-stop-on-eos --pin --no-pin --prompt <text>");
});

test("a shorter name of one letter takes one dash", () => {
  const command = new Command("x");
  addOptions(command, Schema, { aliases: { prompt: "p" } });
  expect(command.helpInformation()).toContain("-p, --prompt <text>");
  expect(readOptions(command.parse(["-p", "hi"], { from: "user" }), Schema).prompt).toBe("hi");
});

test("an option is typed with a place for its value, and one that is on or off without", () => {
  const specs = optionSpecs(Schema).filter(({ key }) => ["topK", "size", "freeze"].includes(key));
  expect(specs.map(typed)).toEqual(["--top-k <n>", "--size <name>", "--freeze"]);
});
