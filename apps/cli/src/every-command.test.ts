import type { Command } from "commander";
import { expect, test } from "vitest";
import { testIo } from "../test/screen.js";
import { createProgram } from "./program.js";

const { commands: names } = await createProgram([], testIo());
const program = await createProgram(
  names.map((each) => each.name()),
  testIo(),
);

const leaves = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
const nameOf = (command: Command): string => {
  const above = command.parent === null ? "" : nameOf(command.parent);
  return `${above} ${command.name()}`.trim();
};
const commands = leaves(program).map((command): [string, Command] => [nameOf(command), command]);
const ON_A_SERVER = new Set(
  "train plan sweep resume generate chat eval score compare logs cancel export"
    .split(" ")
    .concat("runs list", "runs export", "runs show", "runs rm", "tokenizer train", "tokenizer extend"),
);

test("all commands are here", () => {
  expect(commands.length).toBeGreaterThan(30);
});

test.each(commands)("%s: what it does is one text, which the terminal wraps", (_, command) => {
  expect(command.description()).toMatch(/^[A-Z].*\.$/);
});

test.each(commands)("%s: every option says what it does, and no two say the same", (_, command) => {
  const texts = command.options.map(({ description }) => description);
  expect(texts.filter((text) => text === "")).toEqual([]);
  expect(new Set(texts).size).toBe(texts.length);
});

test.each(commands)("%s: what must be given stands in the line that shows its use", (_, command) => {
  const [usage = ""] = command.helpInformation().split("\n");
  for (const each of command.registeredArguments) expect(usage).toContain(each.name());
  const required = command.options.filter(({ description }) => description.includes("(required"));
  for (const { flags } of required) expect(usage).toContain(` ${flags.split(", ").at(-1)} `);
});

test.each(commands)("%s: --server is in its help where it takes one, and nowhere else", (name, command) => {
  const expected = ON_A_SERVER.has(name.replace(/^trainer /, ""));
  expect(command.helpInformation().includes("--server <url>")).toBe(expected);
});

test("a group shows --server if anything in it takes one", () => {
  const help = (name: string) => program.commands.find((each) => each.name() === name)?.helpInformation() ?? "";
  expect(help("runs")).toContain("--server <url>");
  expect(help("corpus")).not.toContain("--server");
});
