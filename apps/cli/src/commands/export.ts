import type { Command } from "commander";
import type { Exported, FetchContext } from "@trainer/training";
import { z } from "zod";
import { word } from "../framework/arguments.js";
import { defineCommand, MODEL, type Invocation } from "../framework/define-command.js";
import { formatBytes } from "../display/quantity.js";
import { fetching } from "../runs/fetching.js";
import { shellWord } from "../process/home-flag.js";
import { assertFree } from "../framework/assert-free.js";
import type { Io } from "../process/io.js";

const ExportFlags = z.strictObject({
  out: z.string().min(1).describe("the folder to write"),
  adapter: z.boolean().default(false).describe("the run's LoRA adapter alone, in PEFT's format, in place of the model"),
  force: z.boolean().default(false).describe("replace the model's files in a folder that is not empty"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "Copy a model to a folder in Hugging Face's layout: what transformers and most other tools load.",
    args: { run: word(MODEL) },
    options: ExportFlags,
    usesLibtorch: true,
    examples: {
      "trainer export RUN --out my-model": "a new folder; in Python: AutoModelForCausalLM.from_pretrained('my-model')",
      "trainer export RUN --out my-adapter --adapter":
        "what a run with --lora-rank has learned: PeftModel.from_pretrained",
      "trainer export RUN --out my-model --force": "replace what was exported there before",
      "trainer export RUN --out my-model --server http://127.0.0.1:8000": "a run that a server has completed",
    },
    async runOn(server, invocation) {
      const { out: folder, force } = invocation.options;
      if (!force) await assertFree(folder); // before all of it comes
      const { fetchRemote } = await import("../remote/fetch-run.js");
      await using fetched = await fetchRemote(server, invocation.args.run, invocation);
      await exportTo(fetched.path, invocation);
    },
    async run(invocation) {
      const { args, home, io, out } = invocation;
      await exportTo(args.run, invocation, await fetching({ home, io, out }));
    },
  });
}

async function exportTo(
  run: string,
  { options: { out: folder, ...how }, home, out }: Invocation<z.output<typeof ExportFlags>>,
  elsewhere: FetchContext = {},
): Promise<void> {
  const { exportRun, openHome } = await import("@trainer/training");
  const made = await exportRun(run, folder, { home: openHome(home), ...elsewhere, ...how });
  const { path, files, bytes, notes } = made;
  const next = how.adapter ? adapterUse(folder) : modelUse(folder, made);
  out.result({ path, files, bytes, notes }, () =>
    [
      `${path}: ${formatBytes(bytes)}`,
      ...files.map((file) => `  ${file}`),
      "",
      ...(notes.length === 0 ? [] : [...notes, ""]),
      "Next:",
      ...next.map((line) => `  ${line}`),
    ].join("\n"),
  );
}

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
