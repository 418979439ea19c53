import { basename } from "node:path";
import type { Command } from "commander";
import { elementTypeNames } from "@trainer/models/capabilities";
import type { Exported, ExportedGguf, FetchContext } from "@trainer/training";
import { z } from "zod";
import { word } from "../framework/arguments.js";
import { defineCommand, MODEL, type Invocation } from "../framework/define-command.js";
import { formatBytes } from "../display/quantity.js";
import { fetching } from "../runs/fetching.js";
import { shellWord } from "../process/home-flag.js";
import { UsageError } from "../process/errors.js";
import { assertFree } from "../framework/assert-free.js";
import type { Io } from "../process/io.js";

const ExportFlags = z.strictObject({
  out: z.string().min(1).describe("the folder to write; with --gguf the file"),
  gguf: z
    .enum(elementTypeNames)
    .nullable()
    .default(null)
    .describe("one file for llama.cpp and ollama in place of the folder, its matrices in this type"),
  adapter: z.boolean().default(false).describe("the run's LoRA adapter alone, in PEFT's format, in place of the model"),
  force: z.boolean().default(false).describe("replace the model's files in a folder that is not empty"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Copy a model to a folder in Hugging Face's layout, what transformers and most other tools load, or to a GGUF file for llama.cpp.",
    args: { run: word(MODEL) },
    options: ExportFlags,
    usesLibtorch: true,
    examples: {
      "trainer export RUN --out my-model": "a new folder; in Python: AutoModelForCausalLM.from_pretrained('my-model')",
      "trainer export RUN --out my-adapter --adapter":
        "what a run with --lora-rank has learned: PeftModel.from_pretrained",
      "trainer export RUN --gguf q8_0 --out my-model.gguf": "for llama.cpp; my-model.Modelfile beside it is for ollama",
      "trainer export RUN --out my-model --force": "replace what was exported there before",
      "trainer export RUN --out my-model --server http://127.0.0.1:8000": "a run that a server has completed",
    },
    async runOn(server, invocation) {
      const { out: folder, force, gguf } = invocation.options;
      refuseAdapter(invocation.options);
      if (!force && gguf === null) await assertFree(folder); // before all of it comes
      const { fetchRemote } = await import("../remote/fetch-run.js");
      await using fetched = await fetchRemote(server, invocation.args.run, invocation);
      await exportTo(fetched.path, invocation);
    },
    async run(invocation) {
      const { args, home, io, out } = invocation;
      refuseAdapter(invocation.options);
      await exportTo(args.run, invocation, await fetching({ home, io, out }));
    },
  });
}

type Options = z.output<typeof ExportFlags>;

function refuseAdapter({ adapter, gguf }: Options): void {
  if (adapter && gguf !== null)
    throw new UsageError(
      "--adapter and --gguf exclude each other: llama.cpp reads adapters of its own kind; without --adapter the file has the model that the adapter gives with its base",
    );
}

async function exportTo(run: string, invocation: Invocation<Options>, elsewhere: FetchContext = {}): Promise<void> {
  const { options, home, out } = invocation;
  const { out: target, adapter, force, gguf } = options;
  const { exportGguf, exportRun, openHome } = await import("@trainer/training");
  const context = { home: openHome(home), ...elsewhere, force };
  if (gguf !== null) {
    const made = await exportGguf(run, target, { ...context, type: gguf });
    const { path, modelfile, bytes, notes } = made;
    out.result({ path, files: [path, modelfile], bytes, notes }, () =>
      told([`${path}: ${formatBytes(bytes)}`, `  ${modelfile}`], notes, ggufUse(made)),
    );
    return;
  }
  const made = await exportRun(run, target, { ...context, adapter });
  const { path, files, bytes, notes } = made;
  const next = adapter ? adapterUse(target) : modelUse(target, made);
  out.result({ path, files, bytes, notes }, () =>
    told([`${path}: ${formatBytes(bytes)}`, ...files.map((file) => `  ${file}`)], notes, next),
  );
}

const told = (made: readonly string[], notes: readonly string[], next: readonly string[]): string =>
  [...made, "", ...(notes.length === 0 ? [] : [...notes, ""]), "Next:", ...next.map((line) => `  ${line}`)].join("\n");

const ggufUse = ({ path, modelfile }: ExportedGguf) => [
  `llama-completion -m ${shellWord(path)} -p "Once upon a time" -no-cnv`,
  `ollama create ${basename(path, ".gguf").toLowerCase()} -f ${shellWord(modelfile)}`,
  `trainer generate ${shellWord(path)} --prompt "Once upon a time"`,
];

const modelUse = (folder: string, { inTransformers }: Exported) => [
  `trainer generate ${shellWord(folder)} --prompt "Once upon a time"`,
  ...(inTransformers
    ? [`python3 -c "from transformers import pipeline; print(pipeline('text-generation', '${folder}')('Once'))"`]
    : []),
];

const adapterUse = (folder: string) => [
  "in Python, on the model that the run started from:",
  `  model = peft.PeftModel.from_pretrained(transformers.AutoModelForCausalLM.from_pretrained(BASE), '${folder}')`,
];
