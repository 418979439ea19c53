import { resolve } from "node:path";
import type { Argument, Command } from "commander";
import type { z } from "zod";
import { addArguments, readArguments, type ArgumentShape } from "./arguments.js";
import { checkHome } from "./check-home.js";
import { placeFlags } from "../process/home-flag.js";
import type { Io } from "../process/io.js";
import { optionSpecs, type OptionSchema } from "./option-spec.js";
import { UsageError } from "../process/errors.js";
import { withFlags } from "./flags-in-errors.js";
import { addOptions, readOptions, typed } from "./options.js";
import { output, type Output } from "../display/output.js";
import { typeable, typeableLine } from "../process/program-name.js";
import type { Server } from "../services/server.js";

/** Argument of a run with a record; `nameRun` resolves it. */
export const RUN = "id of a run or its beginning, or `latest`";
/** Argument of a model. */
export const MODEL = `${RUN}, or path of a folder with config.json, model.safetensors and tokenizer.json, or of a .gguf file`;

/** Options of every command, before or after its name. */
export interface GlobalOptions {
  readonly home: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly server?: string;
  readonly plugin: readonly string[];
}

export interface Invocation<Options, Args = unknown> {
  /** The words that are not options, by name. */
  readonly args: Args;
  readonly options: Options;
  /** The options that were typed, or are in a file that was, by field. */
  readonly given: ReadonlySet<string>;
  readonly home: string;
  /** Flags that make a proposed command find the same home and plugins. */
  readonly flags: string;
  readonly io: Io;
  readonly out: Output;
}

/** A command line's words, and options by field, unchecked. */
export interface Typed {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

export interface CommandSpec<S extends OptionSchema, A extends ArgumentShape> {
  readonly description: string;
  readonly args: A;
  readonly options: S;
  /** The options that name a run, by field; a first argument called `run` or `runs` does by itself. */
  readonly runs?: readonly string[];
  /** Shorter names of options, by field. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Words, and options for those that were not typed, by what was; its refusals are shown as they are. */
  complete?(typed: Typed): Promise<Typed>;
  /** Command lines that work, each with what it does. */
  readonly examples: Readonly<Record<string, string>>;
  run(invocation: Invocation<z.output<S>, z.output<z.ZodObject<A>>>): Promise<void>;
  /** True if `run` or a process that it starts loads libtorch, which then is fetched where it is missing. */
  readonly usesLibtorch?: true;
  /** True for a command to which no home matters: whatever lies there, it runs. */
  readonly withoutHome?: true;
  /** Sets of options, by field, of each of which one is required. */
  readonly needs?: readonly (readonly string[])[];
  /** The same on a server, where that is possible. */
  runOn?(server: Server, invocation: Invocation<z.output<S>, z.output<z.ZodObject<A>>>): Promise<void>;
}

/** Completes a command that so far has only its name and its one line in the list. */
export function defineCommand<S extends OptionSchema, A extends ArgumentShape>(
  command: Command,
  io: Io,
  spec: CommandSpec<S, A>,
): void {
  command.description(spec.description);
  addArguments(command, spec.args);
  addOptions(command, spec.options, spec);
  command.usage(usage(command, spec));
  if (spec.runOn !== undefined) takeServer.add(command);
  command.addHelpText("after", examples(spec.examples, io.program));
  const action = async (words: readonly string[]) => {
    const globals = command.optsWithGlobals<GlobalOptions>();
    const { home, json = false, quiet = false, server } = globals;
    const flags = placeFlags(globals);
    const out = output(io, { json, quiet });
    if (!spec.withoutHome) await checkHome(home);
    if (server === undefined) {
      const { checkHomeFormat, nameRun, openHome } = await import("@trainer/training/files");
      if (!spec.withoutHome) await checkHomeFormat(resolve(home));
      const given = await nameAll(command, words, spec, (ref) => nameRun(ref, openHome(home)));
      const args = readArguments(spec.args, given);
      const options = readOptions(command, spec.options);
      if (spec.usesLibtorch) await (await import("../process/need-libtorch.js")).needLibtorch(io, out);
      return await spec.run({ args, options, given: givenTo(command), home, flags, io, out });
    }
    if (spec.runOn === undefined) throw new UsageError(refusal(command));
    const { nameRemoteRun, serverAt } = await import("../services/server.js");
    const at = serverAt(server, { home, io, out });
    const args = readArguments(spec.args, await nameAll(command, words, spec, (ref) => nameRemoteRun(at, ref)));
    const options = readOptions(command, spec.options);
    await spec.runOn(at, { args, options, given: givenTo(command), home, flags, io, out });
  };
  command.action(async () => {
    const words = await completed(command, spec);
    try {
      await action(words);
    } catch (error) {
      throw withFlags(error, optionSpecs(spec.options), spec.aliases);
    }
  });
}

/** Names of a command's own options that have another value than by default. */
const givenTo = (command: Command): ReadonlySet<string> =>
  new Set(Object.keys(command.opts()).filter((name) => command.getOptionValueSource(name) !== "default"));

/** Gives a command the options that it is completed by; its words. */
async function completed(
  command: Command,
  spec: Pick<CommandSpec<OptionSchema, ArgumentShape>, "complete">,
): Promise<readonly string[]> {
  const typed = { words: command.args, options: command.opts() };
  const { words, options } = (await spec.complete?.(typed)) ?? typed;
  for (const [key, value] of Object.entries(options)) if (!(key in typed.options)) command.setOptionValue(key, value);
  return words;
}

/** The command's words, and its options that name runs, with each run by its whole id. */
async function nameAll(
  command: Command,
  words: readonly string[],
  { args, runs = [] }: Pick<CommandSpec<OptionSchema, ArgumentShape>, "args" | "runs">,
  name: (ref: string) => Promise<string>,
): Promise<readonly string[]> {
  for (const field of runs) {
    const ref: unknown = command.getOptionValue(field);
    if (typeof ref === "string") command.setOptionValue(field, await name(ref));
  }
  const [first] = Object.keys(args);
  if (first !== "run" && first !== "runs") return words;
  const named: string[] = [];
  for (const ref of words) named.push(await name(ref));
  return named;
}

/** The commands that can do their work on a server. */
const takeServer = new WeakSet<Command>();

/** True if a command, or a subcommand of it, can work on a server. */
export const takesServer = (command: Command): boolean => takeServer.has(command) || command.commands.some(takesServer);

/** The required options, as they are typed. */
function usage(
  command: Command,
  { options, needs = [] }: Pick<CommandSpec<OptionSchema, ArgumentShape>, "options" | "needs">,
): string {
  const specs = optionSpecs(options);
  const required = specs.filter((spec) => spec.required).map(typed);
  const either = needs.map((keys) => specs.filter(({ key }) => keys.includes(key)).map(typed));
  const sets = either.map((flags) => (flags.length === 1 ? flags.join("") : `(${flags.join(" | ")})`));
  const words = command.registeredArguments.map((each) => argName(each));
  return [...words, ...required, ...sets, "[options]"].join(" ");
}

function argName(argument: Argument): string {
  const name = argument.name() + (argument.variadic ? "..." : "");
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** The command's whole name, as it is typed after `trainer`. */
const nameOf = (command: Command): string =>
  command.parent?.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();

const refusal = (command: Command) => `--server: ${nameOf(command)} works on this machine alone: leave --server out`;

function examples(lines: Readonly<Record<string, string>>, program: string): string {
  const shown = Object.entries(lines).map(
    ([line, what]) => `  $ ${typeableLine(line, program)}\n      ${typeable(what, program)}`,
  );
  return `\nExamples:\n${shown.join("\n")}`;
}
