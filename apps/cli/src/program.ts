import { Command, CommanderError, type Option } from "commander";
import { takesServer } from "./framework/define-command.js";
import { printable } from "./display/printable.js";
import { style } from "./display/style.js";
import { terminal } from "./display/terminal.js";
import { explain } from "./process/errors.js";
import { EXIT, type ExitCode } from "./process/exit-codes.js";
import { OutputLost, Stopped } from "./process/interrupts.js";
import type { GlobalOptions } from "./framework/define-command.js";
import { formatItem } from "./framework/help-item.js";
import { explainMisuse } from "./framework/misuse.js";
import { defaultHome, placeFlags } from "./process/home-flag.js";
import type { Io } from "./process/io.js";
import { withPlugins } from "./process/plugins.js";
import { stringify } from "./display/output.js";
import { typeable } from "./process/program-name.js";
import { VERSION } from "./process/version.js";

interface Entry {
  readonly summary: string;
  /** Completes the command; loaded only when the command line names it, so that `--help` answers at once. */
  readonly load: () => Promise<{ define(command: Command, io: Io): void }>;
  /** True if it works where a plugin does not. */
  readonly withoutPlugins?: true;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  train: { summary: "train a model on your text", load: () => import("./commands/train.js") },
  plan: { summary: "the best training for a text, a machine and a time", load: () => import("./commands/plan.js") },
  "find-batch": {
    summary: "how large a batch fits here, and how many threads are fastest",
    load: () => import("./commands/find-batch.js"),
  },
  sweep: { summary: "compare trainings by successive halving", load: () => import("./commands/sweep.js") },
  "find-lr": { summary: "which learning rate suits a run", load: () => import("./commands/find-lr.js") },
  resume: { summary: "go on with a run that was stopped", load: () => import("./commands/resume.js") },
  generate: { summary: "let a model write", load: () => import("./commands/generate.js") },
  chat: { summary: "talk with a model", load: () => import("./commands/chat.js") },
  eval: { summary: "measure a model: loss, perplexity, bits per byte", load: () => import("./commands/eval.js") },
  score: { summary: "how surprised a model is by a text, token by token", load: () => import("./commands/score.js") },
  compare: { summary: "runs side by side: what differs, metrics, curves", load: () => import("./commands/compare.js") },
  tokenizer: {
    summary: "train a tokenizer, encode, decode, look inside",
    load: () => import("./commands/tokenizer.js"),
  },
  corpus: { summary: "what a text is like, and which were fetched", load: () => import("./commands/corpus.js") },
  runs: { summary: "list, show or remove runs", load: () => import("./commands/runs.js") },
  logs: { summary: "what a run says while it goes on", load: () => import("./commands/logs.js") },
  cancel: { summary: "stop a run of a server", load: () => import("./commands/cancel.js") },
  cleanup: {
    summary: "make room: what is kept elsewhere or of no more use",
    load: () => import("./commands/cleanup.js"),
  },
  pull: { summary: "fetch somebody else's model from a hub", load: () => import("./commands/pull.js") },
  export: { summary: "copy a model to a folder that other tools open", load: () => import("./commands/export.js") },
  "export-events": {
    summary: "write a run's figures and samples as event files for TensorBoard",
    load: () => import("./commands/export-events.js"),
  },
  files: {
    summary: "send files to a file service and get them back",
    load: () => import("./commands/files.js"),
  },
  ui: { summary: "the same in your browser: train, watch, compare, use", load: () => import("./commands/ui.js") },
  serve: {
    summary: "everything on this machine: API, worker, files, Redis",
    load: () => import("./commands/serve.js"),
  },
  api: { summary: "serve trainings and models over HTTP", load: () => import("./commands/api.js") },
  openai: {
    summary: "serve models to OpenAI's clients, without Redis",
    load: () => import("./commands/openai.js"),
  },
  "discord-bot": {
    summary: "train and watch from Discord",
    load: () => import("./commands/discord-bot.js"),
  },
  worker: { summary: "do what the queue asks for", load: () => import("./commands/worker.js") },
  "data-bank": {
    summary: "keep files for other machines, by their content: the file service",
    load: () => import("./commands/data-bank.js"),
  },
  config: {
    summary: "what the services go by, and where it was set",
    load: () => import("./commands/config.js"),
    withoutPlugins: true,
  },
  setup: { summary: "fetch libtorch now", load: () => import("./commands/setup.js") },
  doctor: {
    summary: "check what this machine has and what is missing",
    load: () => import("./commands/doctor.js"),
    withoutPlugins: true,
  },
};

/** Runs one command line (without node and script) and returns the exit code. Never throws. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let flags = "";
  try {
    const program = await createProgram(argv, io);
    program.hook("preAction", () => void (flags = placeFlags(program.opts<GlobalOptions>())));
    await program.parseAsync(argv, { from: "user" });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done; // --help and --version
    report(error, io, { json: argv.includes("--json"), flags });
    return explain(error).exitCode;
  }
}

/** The whole command line; of the commands, those that `argv` names are complete. */
export async function createProgram(argv: readonly string[], outer: Io): Promise<Command> {
  const named = Object.entries(COMMANDS).filter(([name]) => argv.includes(name));
  const alone = named.length === 0 || named.some(([, { withoutPlugins = false }]) => withoutPlugins);
  const io = alone ? outer : await withPlugins(argv, outer); // first: the choices that commands list are then whole
  const program = new Command(io.program)
    .description("Train your own tokenizers and small language models on your own text.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "explain the command")
    .option("--home <dir>", "where runs, tokenizers and caches are kept (env TRAINER_HOME)", defaultHome(io.env))
    .option("--server <url>", "work on a server that `trainer serve` has started, in place of this machine")
    .option(
      "--plugin <name>",
      "load what a package adds, by its name or path; also repeated (env PLUGINS)",
      collected,
      [],
    )
    .option("--json", "print the result as JSON on stdout, and nothing else there")
    .option("--quiet", "no progress on stderr")
    .configureHelp({
      showGlobalOptions: true,
      minWidthToWrap: 12,
      visibleGlobalOptions,
      formatItem,
      styleDescriptionText: (text) => typeable(text, io.program),
    })
    .configureOutput({
      writeOut: (text) => io.stdout.write(printable(text)),
      writeErr: (text) => io.stderr.write(printable(text)),
      getOutHelpWidth: () => terminal(io.stdout, io.env).columns(),
      getErrHelpWidth: () => terminal(io.stderr, io.env).columns(),
    })
    .exitOverride()
    .addHelpText("after", typeable(FIRST_STEPS, io.program));
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = program.command(name).summary(summary).description(summary);
    if (argv.includes(name)) (await load()).define(command, io);
  }
  explainMisuse(program, io.program);
  return program;
}

const collected = (name: string, before: readonly string[]): string[] => [...before, name];

/** Those that are of any use to a command: --server where it can work on one. */
function visibleGlobalOptions(command: Command): Option[] {
  const program = command.parent?.parent ?? command.parent;
  const options = program === null ? [] : program.options.filter(({ long }) => long !== "--version");
  return options.filter(({ long }) => long !== "--server" || takesServer(command));
}

const FIRST_STEPS = `
First steps:
  $ trainer train my-text.txt             trains a tokenizer and a small GPT-2 on it
  $ trainer generate RUN --prompt "Once"  lets it write; \`trainer runs\` lists the runs
  $ trainer ui                            the same in your browser

Each command has its own --help, with examples.
Exit codes: 0 done, 1 failure, 2 wrong use, 130 interrupted.`;

/** Commands that are proposed go to the same home. */
const inHome = (text: string, flags: string): string =>
  text.replaceAll(/`trainer (?:train|resume|runs|tokenizer)\b[^`]*/g, (command) => command + flags);

function report(error: unknown, io: Io, { json, flags }: { readonly json: boolean; readonly flags: string }): void {
  const isLost = error instanceof OutputLost;
  if (error instanceof Stopped && !isLost) return; // the command has reported it already
  const { code, details, ...explanation } = explain(error);
  const message = typeable(inHome(explanation.message, flags), io.program);
  const hint = explanation.hint === null ? null : typeable(explanation.hint, io.program);
  if (json && !isLost) io.stdout.write(`${stringify({ ...details, error: { code, message, hint } })}\n`);
  if (error instanceof CommanderError) return; // commander has printed it
  const { red, dim } = style(terminal(io.stderr, io.env).color);
  io.stderr.write(`${red("error:")} ${printable(message)}\n`);
  if (hint !== null) io.stderr.write(`${printable(hint)}\n`);
  if (io.env["TRAINER_DEBUG"] && error instanceof Error) io.stderr.write(`${dim(printable(String(error.stack)))}\n`);
}
