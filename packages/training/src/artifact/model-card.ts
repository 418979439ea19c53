import type { Outline } from "@trainer/models/capabilities";
import type { RunManifest } from "../home/manifest.js";
import { exportNotes, opensInTransformers } from "./export-notes.js";

/** Content of a model's card. */
export interface CardFacts {
  /** Of the run that made it; null for a model from elsewhere. */
  readonly id: string | null;
  readonly model: { readonly family: string; readonly outline: Outline };
  readonly tokenizer: { readonly kind: string };
  readonly manifest: RunManifest | null;
}

const IN_PYTHON = [
  "```python",
  "from transformers import AutoModelForCausalLM, AutoTokenizer",
  "",
  'folder = "."  # where this file lies',
  "tokenizer = AutoTokenizer.from_pretrained(folder)",
  "model = AutoModelForCausalLM.from_pretrained(folder)",
  'inputs = tokenizer("Once", return_tensors="pt")',
  "output = model.generate(**inputs, max_new_tokens=64, do_sample=True)",
  "print(tokenizer.decode(output[0], skip_special_tokens=True))",
  "```",
];
const ON_A_TERMINAL = ["```sh", 'trainer generate . --prompt "Once"  # in the folder of this file', "```"];

/** Model card of an exported model: a README.md whose head Hugging Face's hub reads. */
export function modelCard(facts: CardFacts, name: string): string {
  const { id, model, manifest } = facts;
  const { family, outline } = model;
  const heads = outline.heads === null ? "" : ` ${outline.heads} heads,`;
  const lines = [
    "---",
    ...(opensInTransformers(facts) ? ["library_name: transformers"] : []),
    "pipeline_tag: text-generation",
    `tags: [${family}, text-generation]`,
    "---",
    "",
    `# ${name}`,
    "",
    `A ${family} language model: ${outline.layers} layers,${heads} width ${outline.width},` +
      ` ${outline.vocabSize} tokens, a context of ${outline.contextLength}.`,
    "",
    "## Use",
    "",
    ...(opensInTransformers(facts) ? IN_PYTHON : ON_A_TERMINAL),
    "",
    ...exportNotes(facts).map((note) => `- ${note}`),
  ];
  if (manifest !== null) {
    const { best_val_figures: valFigures, test_figures: testFigures } = manifest;
    const per = valFigures === null && testFigures === null ? "nats per token" : "of pairs of answers";
    const training: readonly (readonly [string, string | number | null])[] = [
      ["run", id],
      ["steps", manifest.steps],
      ["tokens seen", manifest.tokens_seen],
      ["optimizer", manifest.optimizer],
      ["learning rate", manifest.learning_rate],
      ["batch size", manifest.batch_size],
      ["seed", manifest.seed],
      [`best validation loss (${per})`, rounded(manifest.best_val_loss)],
      ["its accuracy", rounded(valFigures?.["rewards/accuracies"] ?? null)],
      [`test loss (${per})`, rounded(manifest.test_loss)],
      ["test accuracy", rounded(testFigures?.["rewards/accuracies"] ?? null)],
      ["test perplexity", rounded(manifest.test_perplexity)],
      ["test bits per byte", rounded(manifest.test_bits_per_byte)],
    ];
    const rows = training.flatMap(([fact, value]) => (value === null ? [] : [`| ${fact} | ${value} |`]));
    lines.push("", "## Training", "", "| | |", "| --- | --- |", ...rows);
  }
  return `${lines.join("\n")}\n`;
}

const rounded = (value: number | null) => (value === null ? null : Number(value.toPrecision(5)));
