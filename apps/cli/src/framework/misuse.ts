import type { Command } from "commander";

/** Our flags by those of other programs that train and ask models (nanoGPT, litgpt, transformers, llama.cpp). */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  "--learning-rate": ["--lr"],
  "--num-epochs": ["--epochs", "--num-train-epochs"],
  "--max-steps": ["--steps", "--iters", "--max-iters"],
  "--max-seq-len": ["--block-size", "--context-length", "--context", "--ctx", "--n-ctx", "--n-positions", "--seq-len"],
  "--batch-size": ["--bs", "--micro-batch-size", "--per-device-train-batch-size"],
  "--grad-accum-steps": ["--gradient-accumulation-steps", "--accumulate-grad-batches"],
  "--gradient-clipping": ["--grad-clip", "--max-grad-norm", "--clip-grad"],
  "--lr-schedule": ["--scheduler", "--lr-scheduler", "--lr-scheduler-type"],
  "--warmup-steps": ["--warmup", "--warmup-iters", "--lr-warmup-steps"],
  "--early-stopping-patience": ["--patience"],
  "--eval-every": ["--eval-steps", "--eval-interval"],
  "--log-every": ["--logging-steps", "--log-interval"],
  "--checkpoint-every": ["--save-every", "--save-steps", "--save-interval"],
  "--precision": ["--dtype"],
  "--max-new-tokens": ["--max-tokens", "--num-tokens", "--n-predict"],
  "--temperature": ["--temp"],
  "--repetition-penalty": ["--repeat-penalty"],
  "--num-return-sequences": ["--num-samples"],
};

const OURS = new Map(Object.entries(ELSEWHERE).flatMap(([ours, theirs]) => theirs.map((each) => [each, ours])));

/** Our name of an option that other programs call so; undefined where they do not. */
export const calledHere = (name: string): string | undefined => OURS.get(`--${name}`)?.slice(2);

/**
 * Has a command and those below it say after a misuse what is meant, and which command to ask for help.
 * @param line what is typed to run the command
 */
export function explainMisuse(command: Command, line: string): void {
  const flags = new Set(command.options.map(({ long }) => long));
  command.showHelpAfterError(`Run \`${line} --help\` to see what is possible.`);
  command.configureOutput({ outputError: (text, write) => write(meant(text, flags)) });
  for (const below of command.commands) explainMisuse(below, `${line} ${below.name()}`);
}

/** A message about an unknown option that is another program's names ours, in place of what is only spelt alike. */
function meant(message: string, flags: ReadonlySet<string | undefined>): string {
  const unknown = /unknown option '(--[a-z-]+)/.exec(message)?.[1] ?? "";
  const ours = OURS.get(unknown);
  return flags.has(ours) ? `${message.replace(/\(Did you mean [^(\n]*\n/, "")}(It is called ${ours} here.)\n` : message;
}
