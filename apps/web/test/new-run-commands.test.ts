import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseJson, readToml } from "@trainer/platform";
import { scratchPath } from "@trainer/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { commandLine, curlCall, tomlFile, withoutFlags } from "../src/pages/new-run/commands.js";
import type { Request } from "../src/pages/new-run/request.js";

const GPT2 = { name: "gpt2", title: "GPT-2", sizes: ["tiny"], precisions: [], tokenizer_method: "bpe" };

/** The words that a shell gives to a program. */
const wordsOf = (command: string): string[] => {
  const script = `trainer() { printf '%s\\0' "$@"; }\ncurl() { printf '%s\\0' "$@"; }\n${command}`;
  return execFileSync("sh", ["-c", script], { env: { KEY: "k" }, encoding: "utf8" })
    .split("\0")
    .slice(0, -1);
};
const line = (request: Request) => wordsOf(commandLine(request, GPT2));

test("a command says what differs from its own defaults, which are not those of a request", () => {
  expect(line({ tokenizer_method: "bpe" })).toEqual(
    "train my-text.txt --document line --size small --eval-tokens 0 --precision auto --document-separator none".split(
      " ",
    ),
  );
  const suited = { document: "file", document_separator: "auto", model_size: "tiny", eval_tokens: 2_000_000 };
  expect(line({ corpus_path: "book.txt", ...suited, tokenizer_method: "bpe" })).toEqual([
    "train",
    "book.txt",
    "--precision",
    "auto",
  ]);
});

test("settings are flags by the names that the command has for them", () => {
  const words = line({
    corpus_file_id: "f".repeat(64),
    tokenizer_method: "char",
    model_family: "llama",
    corpus_format: "jsonl",
    freeze_embed: true,
    data_pin_memory: false,
    learning_rate: 0.00001,
    model_config: { num_hidden_layers: 3, tie_word_embeddings: false, attention_dropout: 0.1 },
  }).join(" ");
  expect(words).toContain(`train ${"f".repeat(64)} `);
  for (const flag of [
    "--tokenizer-method char",
    "--model llama",
    "--as jsonl",
    "--freeze-embed",
    "--no-data-pin-memory",
    "--learning-rate 0.00001",
    "--num-hidden-layers 3",
    "--no-tie-word-embeddings",
  ])
    expect(words).toContain(flag);
  expect(words).not.toContain("dropout");
  expect(withoutFlags({ model_config: { attention_dropout: 0.1, n_layer: 1 } })).toEqual(["attention_dropout"]);
});

test("a name that begins with a dash is no option", () => {
  expect(line({ corpus_path: "--home" })[1]).toBe("./--home");
});

test("whatever a text is called, a shell reads its name and the JSON back as they are, and runs nothing", () => {
  const name = fc
    .string({ unit: "grapheme", minLength: 1 })
    .filter((text) => !/[\0\r]|^-/.test(text) && text.isWellFormed());
  fc.assert(
    fc.property(name, (text) => {
      expect(line({ corpus_path: text })[1]).toBe(text);
      const words = wordsOf(curlCall({ corpus_path: text }, "http://127.0.0.1:8000"));
      expect(JSON.parse(words.at(-1) ?? "")).toEqual({ corpus_path: text });
    }),
    { numRuns: 30, examples: [["$(touch x) `id` 'q' \"d\" \\ ! 名.txt"]] },
  );
});

test("whatever a text is called, its name stands in the TOML as it is", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text.isWellFormed());
  fc.assert(
    fc.property(name, (text) => {
      const { table } = readToml(tomlFile({ corpus_path: text, tokenizer_method: "bpe" }, GPT2), "the file");
      expect(table).toEqual({ corpus_path: text, ...OF_REQUESTS });
    }),
    { examples: [["a\"b\\c\u007f\n'''# ] ="]] },
  );
});

/** Defaults of a request that are not the command's. */
const OF_REQUESTS = {
  document: "line",
  model_size: "small",
  eval_tokens: 0,
  precision: "auto",
  document_separator: "none",
};

test("TOML says what the command says, and the dimensions that the command has no flags for", () => {
  const { table } = readToml(
    tomlFile({ corpus_file_id: "f".repeat(64), data_pin_memory: false, model_config: { attn_pdrop: 0.1 } }, GPT2),
    "the file",
  );
  expect(table).toMatchObject({ corpus_file_id: "f".repeat(64), data_pin_memory: false, ...OF_REQUESTS });
  expect(table).toMatchObject({ model_config: { attn_pdrop: 0.1 } });
  expect(tomlFile({}, GPT2)).toMatch(/^corpus_path = "my-text\.txt"\n/);
});

const TRAINER = fileURLToPath(new URL("../../cli/bin/trainer.js", import.meta.url));
const Manifest = z.object({ config: z.record(z.string(), z.unknown()), corpus_sha256: z.string() });

test("the file and the command that a page shows make runs that were asked the same", () => {
  const folder = scratchPath("same");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "a text.txt"),
    "A line of a text that goes on.\nAnd another one, which ends.\n".repeat(200),
  );
  const request = {
    corpus_path: "a text.txt",
    tokenizer_method: "char",
    model_size: "tiny",
    max_seq_len: 16,
    max_steps: 1,
    learning_rate: 0.0000001,
    freeze_embed: true,
    model_config: { n_layer: 1, n_embd: 16, n_head: 2 },
  };
  writeFileSync(join(folder, "training.toml"), tomlFile(request, GPT2));
  const manifestOf = (id: string, words: readonly string[]) => {
    execFileSync(process.execPath, [TRAINER, ...words, "--run-id", id, "--home", "home", "--quiet"], { cwd: folder });
    const text = readFileSync(join(folder, "home", "models", id, "manifest.json"), "utf8");
    const { config, corpus_sha256 } = Manifest.parse(parseJson(text));
    return { ...config, run_id: "", corpus_sha256 };
  };
  const byFile = manifestOf("by-file", ["train", "--options", "training.toml"]);
  expect(byFile).toEqual(manifestOf("by-command", line(request)));
  expect(byFile).toMatchObject({ learning_rate: 0.0000001, model_config: { n_layer: 1, n_embd: 16, n_head: 2 } });
});

test("curl calls the service of this page, with a key that the page does not know", () => {
  expect(wordsOf(curlCall({ num_epochs: 2 }, "http://[::1]:8000"))).toEqual([
    "http://[::1]:8000/runs/train",
    "--header",
    "X-API-Key: k",
    "--header",
    "Content-Type: application/json",
    "--data",
    '{\n  "num_epochs": 2\n}',
  ]);
});
