import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../define-command.js";
import { formatBytes } from "../display/quantity.js";
import { shellWord } from "../home-flag.js";
import type { Io } from "../io.js";

const ExportFlags = z.strictObject({
  out: z.string().min(1).describe("the folder to write"),
  force: z.boolean().default(false).describe("replace the model's files in a folder that is not empty"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "Copy a model to a folder in Hugging Face's layout: what transformers and most other tools load.",
    args: { "<run>": "id of a run, or path of a folder with config.json, model.safetensors and tokenizer.json" },
    options: ExportFlags,
    examples: {
      "trainer export RUN --out my-model": "a new folder; in Python: AutoModelForCausalLM.from_pretrained('my-model')",
      "trainer export RUN --out my-model --force": "replace what was exported there before",
    },
    async run({ args: [run = ""], options: { out: folder, force }, home, out }) {
      const { exportRun, openHome } = await import("@trainer/training");
      const { path, files, bytes } = await exportRun(run, folder, { home: openHome(home), force });
      out.result({ path, files, bytes }, () =>
        [
          `${path}: ${formatBytes(bytes)}`,
          ...files.map((file) => `  ${file}`),
          "",
          "Next:",
          `  trainer generate ${shellWord(folder)} --prompt "Once upon a time"`,
          `  python3 -c "from transformers import pipeline; print(pipeline('text-generation', '${folder}')('Once'))"`,
        ].join("\n"),
      );
    },
  });
}
