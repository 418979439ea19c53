import type { Command } from "commander";
import { at } from "@trainer/disk";
import { GenerateRequest } from "@trainer/platform";
import type { Generated } from "@trainer/training";
import { GenerateOptions } from "@trainer/options";
import type { LeftOut } from "@trainer/training/options";
import { z } from "zod";
import { noteBegin } from "../flags/bos.js";
import { word } from "../framework/arguments.js";
import { defineCommand, MODEL } from "../framework/define-command.js";
import { printable } from "../display/printable.js";
import { UsageError } from "../process/errors.js";
import { givenText, linesOfFile, PIPED, textOfFile } from "../flags/given-text.js";
import type { Io } from "../process/io.js";
import { openHere } from "../runs/open-here.js";
import type { Output } from "../display/output.js";
import { fieldsOf, finished, refuseLocal, requestOf } from "../remote/request.js";
import { MODEL_FLAGS, weightsJson } from "../flags/weights.js";

const GenerateFlags = z.strictObject({
  prompt: z
    .array(z.string())
    .default([])
    .describe(`what the text goes on from; ${PIPED}; several are gone on from side by side`),
  promptPath: z.string().nullable().default(null).describe("a file with what the text goes on from"),
  promptsPath: z.string().nullable().default(null).describe("a file with a prompt in each line"),
  ...GenerateOptions.omit({ prompt: true }).shape,
  ...MODEL_FLAGS,
});

const FIELDS = fieldsOf(GenerateRequest, { prompt_text: "prompt" });

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "Let a model go on from a prompt. The text streams to stdout as it is written.",
    args: { run: word(MODEL) },
    options: GenerateFlags,
    usesLibtorch: true,
    needs: [["prompt", "promptPath", "promptsPath"]],
    aliases: { promptsPath: "prompts-file" },
    examples: {
      'trainer generate RUN --prompt "ROMEO:"': "64 tokens that go on from the prompt",
      'trainer generate RUN --prompt "ROMEO:" --max-new-tokens 300 --temperature 0.8 --seed 7':
        "longer, surer, and the same each time",
      "trainer generate RUN --prompt Dear --stop $'\\n' --num-return-sequences 3": "three single lines",
      'trainer generate RUN --prompt "ROMEO:" --weights int8': "faster, and a little less exact",
      "trainer generate RUN --prompts-path prompts.txt --json": "a text for each line of a file",
      "trainer generate ./gpt2 --prompt-path start.txt --json":
        "a folder made elsewhere; outputs, steps, eos_terminated",
    },
    async runOn({ client }, { args: { run: runId }, options, out }) {
      refuseLocal(GenerateFlags, options, Object.keys(FIELDS));
      const {
        prompts: [prompt = "", ...others],
      } = await promptsOf(options, { io, out });
      if (others.length > 0) throw new UsageError("a server takes one prompt at a time");
      const request = requestOf(GenerateRequest, { ...options, prompt, promptPath: null }, FIELDS);
      await io.interruptible(async (signal) => {
        const writer = new Writer(out, [prompt], options.numReturnSequences);
        try {
          const onText = (text: string, sequence: number) => writer.text(sequence, text);
          const result = finished(await client.generate(runId, request, { signal, onText }));
          for (let i = 0; i < options.numReturnSequences; i++) writer.end(i);
          out.record(result);
        } finally {
          out.text("\n");
        }
      });
    },
    async run({ args: { run }, options, home, out }) {
      const { prompt: _1, promptPath: _2, promptsPath: _3, device, weights, ...rest } = options;
      const { prompts, leftOut } = await promptsOf(options, { io, out });
      const { generateManyStream, textFrame } = await import("@trainer/training");
      await io.interruptible(async (signal) => {
        using opened = await openHere(run, { device, weights }, { home, io, out }, signal);
        noteBegin({ begin: textFrame(opened, rest.bos).begin }, rest.bos, out);
        const writer = new Writer(out, prompts, options.numReturnSequences);
        try {
          for await (const event of generateManyStream(opened, prompts, rest, signal)) {
            if (event.type === "text") writer.text(event.sequence, event.text);
            if (event.type === "sequence") writer.end(event.sequence);
            if (event.type === "done")
              out.record({ ...generatedJson(event.result), left_out: leftOut, ...weightsJson(opened) });
          }
        } finally {
          out.text("\n"); // also when it is stopped: what comes next begins on a line of its own
        }
      });
    },
  });
}

/**
 * On a terminal prompt and text read as one; a pipe gets only the new text. Texts that are generated side by side are
 * printed one after another: one streams, the others are buffered.
 */
class Writer {
  readonly #prompts: readonly string[]; // as they are shown
  readonly #waiting = new Map<number, string>();
  readonly #ended = new Set<number>();
  #sequence = 0;

  constructor(
    private readonly out: Output,
    prompts: readonly string[],
    private readonly textsEach: number,
  ) {
    this.#prompts = prompts.map((prompt) => (out.screen.live ? out.paint.dim(printable(prompt)) : ""));
    out.text(this.#prompt);
  }

  /** Prompt of the streaming sequence. */
  get #prompt(): string {
    const own = Math.floor(this.#sequence / this.textsEach);
    return at(this.#prompts, own);
  }

  /** @param text new text of sequence `sequence`, counted from 0 */
  text(sequence: number, text: string): void {
    if (sequence === this.#sequence) this.out.data(text);
    else this.#waiting.set(sequence, (this.#waiting.get(sequence) ?? "") + text);
  }

  /** Sequence `sequence` is whole: if it was the one that streams, the next one does. */
  end(sequence: number): void {
    this.#ended.add(sequence);
    const count = this.#prompts.length * this.textsEach;
    while (this.#ended.delete(this.#sequence) && this.#sequence + 1 < count) {
      this.#sequence += 1;
      this.out.text(`\n\n${this.#prompt}`);
      this.text(this.#sequence, this.#waiting.get(this.#sequence) ?? "");
    }
  }
}

const generatedJson = (result: Generated) => ({
  outputs: result.outputs,
  steps: result.steps,
  steps_per_sequence: result.stepsPerSequence,
  eos_terminated: result.eosTerminated,
  finish_reasons: result.finishReasons,
  begin_tokens: result.begin,
  seed: result.seed,
});

type Prompts = Pick<z.infer<typeof GenerateFlags>, "prompt" | "promptPath" | "promptsPath">;

interface GivenPrompts {
  readonly prompts: readonly string[];
  /** Losses in reading a file or a piped text. */
  readonly leftOut: LeftOut | null;
}

/** The prompts that one of the three options gives. */
async function promptsOf(
  { prompt, promptPath, promptsPath }: Prompts,
  where: { readonly io: Io; readonly out: Output },
): Promise<GivenPrompts> {
  const options = [prompt.length > 0, promptPath !== null, promptsPath !== null].filter(Boolean).length;
  if (options > 1) throw new UsageError("--prompt, --prompt-path and --prompts-path exclude each other");
  if (promptPath !== null) {
    const { text, leftOut } = await textOfFile(promptPath, where.out);
    return { prompts: [text], leftOut };
  }
  if (promptsPath !== null) {
    const { lines, leftOut } = await linesOfFile(promptsPath, where.out);
    if (lines.length === 0) throw new UsageError(`--prompts-path ${promptsPath}: it has no line with a prompt`);
    return { prompts: lines, leftOut };
  }
  if (prompt.length === 0)
    throw new UsageError("what should the text go on from? Give --prompt TEXT or --prompt-path FILE");
  if (prompt.filter((text) => text === "-").length > 1) throw new UsageError("--prompt -: stdin can be read once");
  const given = await Promise.all(prompt.map((text) => givenText(text, where)));
  return {
    prompts: given.map(({ text }) => text),
    leftOut: given.find(({ leftOut }) => leftOut !== null)?.leftOut ?? null,
  };
}
