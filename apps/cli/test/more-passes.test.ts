import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { TINY } from "./corpus.js";
import { homeWithRun, type TestHome } from "./trained.js";

let at: TestHome;
beforeAll(async () => {
  at = await homeWithRun();
}, 60_000);

const Measured = z.object({ best_val_loss: z.number() });

/** The command that a summary proposes for more passes, as it is typed after `trainer`. */
const proposed = (stdout: string) => /still falling: .*\n {2}trainer (.*)$/m.exec(stdout)?.[1]?.split(" ") ?? [];

test("a run whose loss was still falling says how to go on, with its own options, and that works", async () => {
  const line = ["train", at.corpus, ...TINY, "--num-epochs", "1", "--log-every", "1", "--seed", "5", "--no-evaluate"];
  const first = await at.trainer([...line, "--run-id", "first"]);
  const next = proposed(first.stdout);
  expect(next.join(" ")).toMatch(
    /^train \S+corpus\.txt --pretrained first --num-epochs 4 --finetune-lr-cap 0\.0005 --document line .*--seed 5 --no-evaluate .*--home /,
  );
  const second = await at.json([...next, "--run-id", "second"]);
  expect(second.code).toBe(0);
  const { last: before } = await at.json(["runs", "show", "first"]);
  expect(second.last).toMatchObject({ status: "completed", epochs: 4 });
  expect(Measured.parse(second.last).best_val_loss).toBeLessThan(Measured.parse(before).best_val_loss);
}, 60_000);

test("a run of an adapter, or one that has come to rest, proposes nothing", async () => {
  const tuned = ["train", at.corpus, ...TINY.slice(2), "--pretrained", "one", "--lora-rank", "2", "--log-every", "1"];
  expect(proposed((await at.trainer([...tuned, "--finetune-lr-cap", "1e-2", "--max-steps", "20"])).stdout)).toEqual([]);
  const still = ["train", at.corpus, ...TINY, "--learning-rate", "0", "--max-steps", "8", "--log-every", "1"];
  expect(proposed((await at.trainer(still)).stdout)).toEqual([]);
}, 60_000);
