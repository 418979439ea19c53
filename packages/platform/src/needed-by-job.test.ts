import { expect, test } from "vitest";
import { neededByJob } from "./needed-by-job.js";

const request = { corpus_file_id: " ABC ", tokenizer_id: "tok", pretrained_run_id: "before", teacher: "wise" };

test("a training needs its run, its tokenizer, the runs it starts and learns from and its corpus", () => {
  expect(neededByJob("train", { run_id: "r", user_id: "7", request })).toEqual(["r", "tok", "before", "wise", "abc"]);
  expect(neededByJob("train", { run_id: "r", user_id: "7", request: { corpus_path: "a.txt" } })).toEqual(["r"]);
});

test("a training that a later version queued needs the same, whatever else it asks", () => {
  const asked = { ...request, wings: 2 };
  for (const kept of [asked, { newer: asked }])
    expect(neededByJob("train", { run_id: "r", request: kept })).toEqual(["r", "tok", "before", "wise", "abc"]);
  expect(neededByJob("train", { run_id: "r", request: { tokenizer_id: 7 } })).toEqual(["r"]);
});

test("a tokenizer needs its corpus", () => {
  expect(neededByJob("tokenizer", { tokenizer_id: "t", request: { corpus_file_id: "ABC" } })).toEqual(["abc"]);
  expect(neededByJob("tokenizer", { tokenizer_id: "t", request: { corpus_path: "a.txt" } })).toEqual([]);
});

test("what is no such job, or cannot be read, needs nothing", () => {
  expect(neededByJob("generate", { run_id: "r", request })).toEqual([]);
  expect(neededByJob("train", { run_id: 7 })).toEqual([]);
  expect(neededByJob("tokenizer", null)).toEqual([]);
});
