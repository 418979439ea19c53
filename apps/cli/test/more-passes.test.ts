import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { TINY } from "./corpus.js";
import { homeWithRun, type TestHome } from "./trained.js";

let at: TestHome;
beforeAll(async () => {
  at = await homeWithRun();
});

const Measured = z.object({ best_val_loss: z.number(), steps: z.number() });

/** The command that a summary proposes to go on with, as it is typed after `trainer`. */
const proposed = (stdout: string) => /still falling: .*\n {2}trainer (.*)$/m.exec(stdout)?.[1]?.split(" ") ?? [];

test("a run whose loss was still falling says how to go on, and that works", async () => {
  const line = ["train", at.corpus, ...TINY, "--num-epochs", "1", "--log-every", "1", "--seed", "5", "--no-evaluate"];
  const first = await at.trainer([...line, "--run-id", "first"]);
  const next = proposed(first.stdout);
  const { last: before } = await at.json(["runs", "show", "first"]);
  const { steps, best_val_loss } = Measured.parse(before);
  expect(next.join(" ")).toMatch(new RegExp(`^resume first --max-steps ${2 * steps} --home `));
  const { code, last } = await at.json(next);
  expect(code).toBe(0);
  expect(last).toMatchObject({ status: "completed", run_id: "first", steps: 2 * steps });
  expect(Measured.parse(last).best_val_loss).toBeLessThan(best_val_loss);
});

test("a run of an adapter, or one that has come to rest, proposes nothing", async () => {
  const tuned = ["train", at.corpus, ...TINY.slice(2), "--pretrained", "one", "--lora-rank", "2", "--log-every", "1"];
  expect(proposed((await at.trainer([...tuned, "--finetune-lr-cap", "1e-2", "--max-steps", "20"])).stdout)).toEqual([]);
  const still = ["train", at.corpus, ...TINY, "--learning-rate", "0", "--max-steps", "8", "--log-every", "1"];
  expect(proposed((await at.trainer(still)).stdout)).toEqual([]);
});
