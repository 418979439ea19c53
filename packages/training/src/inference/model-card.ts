import { exportNotes } from "./export-notes.js";
import type { OpenModel } from "./open-model.js";

/** Model card of an exported model: a README.md whose head Hugging Face's hub reads. */
export function modelCard(opened: OpenModel, name: string): string {
  const { id, model, tokenizer, manifest, contextLength } = opened;
  const { family, outline } = model;
  const heads = outline.heads === null ? "" : ` ${outline.heads} heads,`;
  const lines = [
    "---",
    "library_name: transformers",
    "pipeline_tag: text-generation",
    `tags: [${family}, text-generation]`,
    "---",
    "",
    `# ${name}`,
    "",
    `A ${family} language model: ${outline.layers} layers,${heads} width ${outline.width},` +
      ` ${tokenizer.vocabSize} tokens, a context of ${contextLength}.`,
    "",
    "## Use",
    "",
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
    "",
    ...exportNotes(opened).map((note) => `- ${note}`),
  ];
  if (manifest !== null) {
    const facts: readonly (readonly [string, string | number | null])[] = [
      ["run", id],
      ["steps", manifest.steps],
      ["tokens seen", manifest.tokens_seen],
      ["optimizer", manifest.optimizer],
      ["learning rate", manifest.learning_rate],
      ["batch size", manifest.batch_size],
      ["seed", manifest.seed],
      ["best validation loss (nats per token)", rounded(manifest.best_val_loss)],
      ["test loss (nats per token)", rounded(manifest.test_loss)],
      ["test perplexity", rounded(manifest.test_perplexity)],
      ["test bits per byte", rounded(manifest.test_bits_per_byte)],
    ];
    const rows = facts.flatMap(([fact, value]) => (value === null ? [] : [`| ${fact} | ${value} |`]));
    lines.push("", "## Training", "", "| | |", "| --- | --- |", ...rows);
  }
  return `${lines.join("\n")}\n`;
}

const rounded = (value: number | null) => (value === null ? null : Number(value.toPrecision(5)));
