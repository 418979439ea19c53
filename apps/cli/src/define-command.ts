import type { Command } from "commander";
import type { z } from "zod";
import type { Io } from "./io.js";
import type { OptionSchema } from "./option-spec.js";
import { UsageError } from "./errors.js";
import { addOptions, readOptions, type OptionGroups } from "./options.js";
import { output, type Output } from "./output.js";
import type { Server } from "./remote/server.js";

/** What every command can be told, before or after its name. */
export interface GlobalOptions {
  readonly home: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly server?: string;
}

export interface Invocation<Options> {
  /** The words that are not options, in order. */
  readonly args: readonly string[];
  readonly options: Options;
  readonly home: string;
  readonly io: Io;
  readonly out: Output;
}

export interface CommandSpec<S extends OptionSchema> {
  readonly description: string;
  /** As commander writes them: "<run>", "[ids...]", each with what it is. */
  readonly args: Readonly<Record<string, string>>;
  readonly options: S;
  readonly groups?: OptionGroups;
  /** Shorter names of options, by field. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Command lines that work, each with what it does. */
  readonly examples: Readonly<Record<string, string>>;
  run(invocation: Invocation<z.output<S>>): Promise<void>;
  /** The same on a server, where that is possible. */
  runOn?(server: Server, invocation: Invocation<z.output<S>>): Promise<void>;
}

/** Completes a command that so far has only its name and its one line in the list. */
export function defineCommand<S extends OptionSchema>(command: Command, io: Io, spec: CommandSpec<S>): void {
  command.description(spec.description);
  for (const [arg, what] of Object.entries(spec.args)) command.argument(arg, what);
  addOptions(command, spec.options, spec);
  command.addHelpText("after", examples(spec.examples));
  command.action(async () => {
    const { home, json = false, quiet = false, server } = command.optsWithGlobals<GlobalOptions>();
    const options = readOptions(command, spec.options);
    const invocation = { args: command.args, options, home, io, out: output(io, { json, quiet }) };
    if (server === undefined) await spec.run(invocation);
    else if (spec.runOn === undefined) throw new UsageError(`--server: ${command.name()} works on this machine alone`);
    else {
      const { serverAt } = await import("./remote/server.js");
      await spec.runOn(serverAt(server, io.env, home), invocation);
    }
  });
}

function examples(lines: Readonly<Record<string, string>>): string {
  const shown = Object.entries(lines).map(([line, what]) => `  $ ${line}\n      ${what}`);
  return `\nExamples:\n${shown.join("\n")}`;
}
