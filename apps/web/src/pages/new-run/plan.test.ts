// @vitest-environment happy-dom
import { PlanResponse } from "@trainer/platform/browser";
import { expect, test } from "vitest";
import { newDraft } from "./draft.js";
import { plannedIn } from "./plan.js";
import { dimensionsOf, planRequestOf, problemsOf, requestOf } from "./request.js";

const draft = (values: Record<string, string>, more: object = {}) => ({ ...newDraft("suited"), values, ...more });

test("what is written is asked, a default too, and of a preset how the text is read alone", () => {
  const values = { corpus_path: "a.txt", model_family: "gpt2", batch_size: "4", seed: " ", freeze_embed: "true" };
  expect(planRequestOf(draft(values, { dimensions: { n_layer: "3", n_head: "" } }), 90)).toEqual({
    corpus_path: "a.txt",
    document: "file",
    document_separator: "auto",
    model_family: "gpt2",
    batch_size: 4,
    model_config: { n_layer: 3 },
    seconds: 90,
  });
  const ready = { corpus_path: "a.txt", tokenizer_id: "tok-1", vocab_size: "300" };
  expect(planRequestOf({ ...draft(ready), preset: "service" }, 90)).toEqual({
    corpus_path: "a.txt",
    tokenizer_id: "tok-1",
    seconds: 90,
  });
});

const made = PlanResponse.parse({
  request_id: "p1",
  status: "completed",
  request: { corpus_path: "a.txt", tokenizer_method: "bpe", max_seconds: 600 },
  options: {
    model_family: "llama",
    model_size: "tiny",
    model_config: { hidden_size: 64, tie_word_embeddings: true },
    matrix_lr: null,
    max_seconds: 600,
    batch_size: 8,
  },
  parameters: 950_000,
  steps: 3900,
  bits_per_byte: 1.98,
  text_spent: false,
});

test("a plan takes the place of a preset, under what one has written", () => {
  const plan = plannedIn(made);
  expect(plan.outlook).toBe("Planned: 950K parameters, 3,900 steps, about 1.9800 bits per byte at the end.");
  const planned = { ...draft({ corpus_path: "a.txt", batch_size: "2" }, { dimensions: { hidden_size: "96" } }), plan };
  const request = requestOf(planned, undefined);
  expect(request).toEqual({
    corpus_path: "a.txt",
    document: "file",
    document_separator: "auto",
    tokenizer_method: "bpe",
    model_family: "llama",
    model_size: "tiny",
    max_seconds: 600,
    batch_size: 2,
    model_config: { hidden_size: 96, tie_word_embeddings: true },
  });
  expect(problemsOf(request).size).toBe(0);
  expect(dimensionsOf(planned)).toEqual({ hidden_size: "96", tie_word_embeddings: "true" });
});

test("a plan without a tokenizer of its own, or of a size by its name, has neither; a text that is spent is said to be", () => {
  const { outlook, ...plan } = plannedIn({ ...made, options: { model_size: "base" }, request: null, text_spent: true });
  expect(plan).toEqual({ values: { model_size: "base" }, dimensions: {} });
  expect(outlook).toContain("More time would overfit");
});
