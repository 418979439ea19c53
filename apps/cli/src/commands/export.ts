import type { Command } from "commander";
import { z } from "zod";
import { defineCommand, MODEL } from "../define-command.js";
import { formatBytes } from "../display/quantity.js";
import { fetching } from "../fetching.js";
import { shellWord } from "../home-flag.js";
import type { Io } from "../io.js";

const ExportFlags = z.strictObject({
  out: z.string().min(1).describe("the folder to write"),
  adapter: z.boolean().default(false).describe("the run's LoRA adapter alone, in PEFT's format, in place of the model"),
  force: z.boolean().default(false).describe("replace the model's files in a folder that is not empty"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "Copy a model to a folder in Hugging Face's layout: what transformers and most other tools load.",
    args: { "<run>": MODEL },
    options: ExportFlags,
    instead: "`trainer runs show RUN --server URL` names a run's archive, and `trainer files get ID` fetches it",
    examples: {
      "trainer export RUN --out my-model": "a new folder; in Python: AutoModelForCausalLM.from_pretrained('my-model')",
      "trainer export RUN --out my-adapter --adapter":
        "what a run with --lora-rank has learned: PeftModel.from_pretrained",
      "trainer export RUN --out my-model --force": "replace what was exported there before",
    },
    async run({ args: [run = ""], options: { out: folder, ...how }, home, io, out }) {
      const { exportRun, openHome } = await import("@trainer/training");
      const { path, files, bytes, notes } = await exportRun(run, folder, {
        home: openHome(home),
        ...(await fetching({ home, io, out })),
        ...how,
      });
      const next = how.adapter ? adapterUse(folder) : modelUse(folder);
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
    },
  });
}

const modelUse = (folder: string) => [
  `trainer generate ${shellWord(folder)} --prompt "Once upon a time"`,
  `python3 -c "from transformers import pipeline; print(pipeline('text-generation', '${folder}')('Once'))"`,
];

const adapterUse = (folder: string) => [
  "in Python, on the model that the run started from:",
  `  model = peft.PeftModel.from_pretrained(transformers.AutoModelForCausalLM.from_pretrained(BASE), '${folder}')`,
];
