// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { commandLine, tomlFile } from "./commands.js";
import { newDraft } from "./draft.js";
import { problemsOf, requestOf } from "./request.js";

const asked = (values: Record<string, string>) => requestOf({ ...newDraft("service"), values }, undefined);

test("names of a list are written with commas, and go each by a flag and by one list", () => {
  const request = asked({ corpus_path: "a.txt", pretrained_run_id: "r", lora_targets: "q_proj, it's", lora_rank: "8" });
  expect(request).toMatchObject({ lora_targets: ["q_proj", "it's"], lora_rank: 8 });
  expect(problemsOf(request).size).toBe(0);
  expect(commandLine(request, undefined)).toContain(
    String.raw`--lora-targets q_proj \
  --lora-targets 'it'\''s'`,
  );
  expect(tomlFile(request, undefined)).toContain('lora_targets = ["q_proj","it\'s"]\n');
  expect(commandLine(asked({ corpus_path: "a.txt" }), undefined)).not.toContain("lora");
});

test("a list with an empty name is refused where it is written", () => {
  expect(Object.fromEntries(problemsOf(asked({ corpus_path: "a.txt", lora_targets: "q," })))).toEqual({
    lora_targets: "1 must not be empty",
  });
});

test("a schedule, an average and no evaluation are flags and lines like any other setting", () => {
  const request = asked({ corpus_path: "a.txt", lr_schedule: "wsd", ema_decay: "0.99", evaluate: "false" });
  expect(commandLine(request, undefined)).toMatch(/--lr-schedule wsd[^]*--ema-decay 0.99[^]*--no-evaluate/);
  expect(tomlFile(request, undefined)).toMatch(/lr_schedule = "wsd"\n[^]*ema_decay = 0.99\n[^]*evaluate = false\n/);
});

test("a command trains on the text's id, or its path, which is no flag, or a text to be chosen", () => {
  const textOf = (fields: Record<string, string>) => commandLine(asked(fields), undefined).split(" ")[2];
  expect(textOf({ corpus_file_id: "abc", corpus_path: "" })).toBe("abc");
  expect(textOf({ corpus_path: "-a.txt" })).toBe("./-a.txt");
  expect(textOf({ corpus_path: "" })).toBe("my-text.txt");
});

test("texts that are mixed are words with their weights, and two lists in a file", () => {
  const request = asked({ corpus_path: "", corpus_paths: "own, -wiki", corpus_weights: "0.3, 0.1-0.9" });
  expect(problemsOf(request).size).toBe(0);
  expect(commandLine(request, undefined)).toMatch(/^trainer train own:0\.3 \.\/-wiki:0\.1-0\.9 /);
  expect(tomlFile(request, undefined)).toMatch(
    /^corpus_paths = \["own","-wiki"\]\ncorpus_weights = \["0\.3","0\.1-0\.9"\]\n/,
  );
  const without = asked({ corpus_path: "", corpus_paths: "own, wiki" });
  expect([...problemsOf(without)]).toEqual([
    ["corpus_weights", "corpus_weights: 0 weight(s) for 2 texts; give each one, or none"],
  ]);
  expect(commandLine(without, undefined)).toMatch(/^trainer train own:1 wiki:1 /);
  expect(tomlFile(without, undefined)).toMatch(/^corpus_paths = \["own","wiki"\]\ncorpus_weights = \[\]\n/);
});
