import { readFileSync } from "node:fs";
import { randomOf } from "@trainer/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { LossWatch, WatchState, type Alarm } from "./loss-watch.js";

const Series = z.object({
  warmupSteps: z.int(),
  steps: z.array(z.number()),
  validations: z.array(z.tuple([z.int(), z.number(), z.boolean()])),
});
const recorded = z
  .record(z.string(), Series)
  .parse(JSON.parse(readFileSync(new URL("../../test/fixtures/losses.json", import.meta.url), "utf8")));

interface Seen {
  readonly steps: readonly number[];
  readonly warmupSteps?: number;
  readonly validations?: readonly (readonly [step: number, loss: number, isBest: boolean])[];
  readonly lr?: (step: number) => number;
}

const watch = () => new LossWatch({ chance: Math.log(512) });

function alarmsOf({ steps, warmupSteps = 0, validations = [], lr = () => 1e-3 }: Seen, by = watch()): Alarm[] {
  return steps.flatMap((loss, i) => {
    const step = i + 1;
    const alarms = by.step({ step, loss, lr: lr(step), isWarmup: step <= warmupSteps });
    const validated = validations.filter(([at]) => at === step);
    return [...alarms, ...validated.flatMap(([at, value, isBest]) => by.validation({ step: at, loss: value, isBest }))];
  });
}

const symptoms = (seen: Seen) => alarmsOf(seen).map(({ symptom }) => symptom);
const rows = (count: number, of: (i: number) => number) => Array.from({ length: count }, (_, i) => of(i));

test.each([
  "ordinary",
  "a batch of one",
  "documents of all kinds",
  "a high rate",
  "a falling rate",
  "sgd with momentum",
])("nothing is told of a training that goes well: %s", (name) => {
  const series = recorded[name];
  expect(series?.steps.length).toBeGreaterThan(100);
  expect(alarmsOf(series ?? { steps: [] })).toEqual([]);
});

test.each([
  ["far too high a rate", "divergence"],
  ["a rate that rises beyond", "divergence"],
  ["hardly any rate", "standstill"],
  ["by heart", "memorising"],
])("a recorded training that goes wrong is recognised: %s", (name, symptom) => {
  expect(symptoms(recorded[name] ?? { steps: [] })).toContain(symptom);
});

const noise = randomOf(3);
const noisy = (loss: number, by = 0.1) => loss + by * (noise() + noise() - 1);

test("a divergence is seen within fifty steps, from above the start and from half the way back to it", () => {
  const falling = rows(100, (i) => noisy(6 - 0.03 * i));
  for (const top of [7.5, 5]) {
    const first = alarmsOf({ steps: [...falling, ...rows(60, () => noisy(top))] }).find(
      ({ symptom }) => symptom === "divergence",
    );
    expect(first?.step).toBeGreaterThan(100);
    expect(first?.step).toBeLessThan(130);
    expect(first?.message).toMatch(/diverges, its loss has gone up to \d\.\d\d: take a learning rate some times lower/);
  }
});

test("it goes on as long as the loss is high, and is over when it has come back", () => {
  const by = watch();
  alarmsOf({ steps: [...rows(40, () => 4), ...rows(30, () => 6)] }, by);
  expect(by.diverges).toBe(true);
  alarmsOf({ steps: rows(20, () => 4) }, by);
  expect(by.diverges).toBe(false);
});

test("a jump of three losses is a spike, one alone is not, nor what the noise explains", () => {
  const calm = rows(40, () => noisy(3));
  expect(symptoms({ steps: [...calm, 9, ...calm] })).toEqual([]);
  const [spike] = alarmsOf({ steps: [...calm, 5, 5.5, 6, ...calm, 5, 5.5, 6] });
  expect(spike).toMatchObject({ step: 43, symptom: "spike" });
  expect(spike?.message).toMatch(/^the loss jumped from 3\.\d\d to 6\.00: where it does not come back/);
  expect(symptoms({ steps: [...rows(60, (i) => (i % 2 === 0 ? 2 : 4)), 5, 5, 5] })).toEqual([]);
});

test("a rate of 0 is told after ten steps, once, and not that of a first or last step", () => {
  const steps = rows(60, (i) => 6 - 0.05 * i);
  expect(alarmsOf({ steps, lr: () => 0 })).toMatchObject([{ step: 10, symptom: "zero_rate" }]);
  expect(symptoms({ steps, lr: (step) => (step > 55 ? 0 : 1) })).toEqual([]);
});

test("a new model's loss that stands still is told fifty steps after warm-up, unless noise may hide its fall", () => {
  const still = rows(90, () => noisy(6.2));
  expect(alarmsOf({ steps: still })).toMatchObject([{ step: 50, symptom: "standstill" }]);
  expect(alarmsOf({ steps: still, warmupSteps: 30 })).toMatchObject([{ step: 80 }]);
  expect(symptoms({ steps: rows(50, () => noisy(6.2, 3)) })).toEqual([]);
  expect(symptoms({ steps: rows(90, () => noisy(2)) })).toEqual([]); // weights that know the language already
});

test("a validation far above the training is told: sooner where it is no longer the best", () => {
  const steps = rows(20, () => 2);
  expect(symptoms({ steps, validations: [[20, 2.4, false]] })).toEqual([]);
  expect(symptoms({ steps: rows(20, () => 3.2), validations: [[20, 7.9, false]] })).toEqual([]); // more than half of chance
  expect(symptoms({ steps, validations: [[20, 2.6, false]] })).toEqual(["memorising"]);
  expect(symptoms({ steps, validations: [[20, 3.9, true]] })).toEqual([]);
  expect(symptoms({ steps, validations: [[20, 4.1, true]] })).toEqual(["memorising"]);
  expect(symptoms({ steps, validations: [[5, 9, true]] })).toEqual([]);
});

test("its state goes on in another watch, as JSON", () => {
  const { steps = [] } = recorded["far too high a rate"] ?? {};
  const whole = watch();
  const all = alarmsOf({ steps }, whole);
  const [first, second] = [watch(), watch()];
  const begun = alarmsOf({ steps: steps.slice(0, 60) }, first);
  second.load(WatchState.parse(JSON.parse(JSON.stringify(first.state()))));
  const rest = steps.slice(60).flatMap((loss, i) => second.step({ step: 61 + i, loss, lr: 1e-3, isWarmup: false }));
  expect([...begun, ...rest]).toEqual(all);
  expect(second.state()).toEqual(whole.state());
});

test("alarms that it takes over are not told again, and its own stay", () => {
  const by = watch();
  const steps = rows(40, () => noisy(3));
  alarmsOf({ steps: [...steps, 5, 5.5, 6] }, by);
  const spike = { step: 1, symptom: "spike", message: "up" } as const;
  const idle = { step: 2, symptom: "zero_rate", message: "still" } as const;
  by.addAlarms([spike, idle]);
  expect(by.state().alarms.map(({ step, symptom }) => [step, symptom])).toEqual([
    [43, "spike"],
    [2, "zero_rate"],
  ]);
  expect(alarmsOf({ steps: rows(20, () => 3), lr: () => 0 }, by)).toEqual([]);
});

test("symptoms are for one line of the metrics", () => {
  const by = watch();
  alarmsOf({ steps: rows(12, () => 3), lr: () => 0 }, by);
  expect([by.takeUnlogged(), by.takeUnlogged()]).toEqual([["zero_rate"], []]);
});
