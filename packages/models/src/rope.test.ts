import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { llamaSpec } from "./llama-config.js";
import { parseConfig } from "./new-config.js";
import { frequencies, rotary } from "./rope.js";
import { ropeToFile } from "./rope-config.js";

const Reference = z.array(
  z.object({
    name: z.string(),
    length: z.number(),
    parameters: z.record(z.string(), z.unknown()),
    speeds: z.array(z.number()),
    scale: z.number(),
  }),
);
const path = new URL("../test/fixtures/rope.json", import.meta.url);
const reference = Reference.parse(JSON.parse(readFileSync(path, "utf8")));
const ropeOf = (file: object) => parseConfig(llamaSpec, { model_type: "llama", ...file }, "here").config.rope;

describe.each(reference)("$name", ({ length, parameters, speeds, scale }) => {
  test("turns as fast as transformers says", () => {
    const found = frequencies(ropeOf({ rope_parameters: parameters }), 16, 256, length);
    expect(found.scale).toBeCloseTo(scale, 12);
    expect(found.speeds).toHaveLength(speeds.length);
    for (const [i, speed] of found.speeds.entries()) expect(speed / (speeds[i] ?? Number.NaN)).toBeCloseTo(1, 6);
  });

  test("is the same by the names of transformers 4, and after writing", () => {
    const { rope_theta: theta, rope_type: type, ...rest } = parameters;
    const rope = ropeOf({ rope_parameters: parameters });
    expect(ropeOf({ rope_theta: theta, rope_scaling: { type, ...rest } })).toEqual(rope);
    expect(ropeOf(ropeToFile(rope))).toEqual(rope);
  });
});

test("what is not said is said by the context and by the papers", () => {
  const llama3 = { rope_type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
  const at = (parameters: object) => frequencies(ropeOf({ rope_parameters: parameters }), 16, 256, 256);
  expect(at(llama3)).toEqual(at({ ...llama3, original_max_position_embeddings: 256 }));
  const yarn = { rope_type: "yarn", factor: 4 };
  const said = { original_max_position_embeddings: 256, beta_fast: 32, beta_slow: 1 };
  expect(at({ ...yarn, beta_fast: null, beta_slow: null })).toEqual(at({ ...yarn, ...said }));
  expect(ropeOf({})).toEqual({ theta: 10_000, scaling: { rope_type: "default" } });
  expect(ropeToFile(ropeOf({})).rope_scaling).toBeNull();
  expect(ropeOf({ rope_theta: 5, rope_parameters: {}, rope_scaling: null })).toMatchObject({ theta: 5 });
});

test("what is written says it to transformers 5 and to those before it", () => {
  const scaling = { rope_type: "linear", factor: 2 };
  expect(ropeToFile(ropeOf({ rope_parameters: { rope_theta: 5, ...scaling } }))).toEqual({
    rope_theta: 5,
    rope_parameters: { rope_theta: 5, ...scaling },
    rope_scaling: scaling,
  });
});

test("a ramp of no width is a step", () => {
  const parameters = { rope_type: "yarn", factor: 4, beta_fast: 1, beta_slow: 1, truncate: false };
  const { speeds } = frequencies(ropeOf({ rope_parameters: parameters }), 16, 256, 256);
  const plain = frequencies(ropeOf({}), 16, 256, 256).speeds;
  const ratios = Array.from(speeds, (speed, i) => speed / (plain[i] ?? 0));
  expect(ratios).toEqual(ratios.map((ratio) => (ratio > 0.5 ? 1 : 0.25)));
});

/**
 * Values of YaRN's formulas as in transformers, computed in Python; the ramps are over pairs 5 to 12, 0 to 7, and of no
 * width.
 */
test.each([
  [
    32,
    { original_max_position_embeddings: 4096 },
    [
      1, 0.5623413, 0.3162278, 0.1778279, 0.1, 0.05623413, 0.02823462, 0.0139722, 0.006785714, 0.003213379, 0.0014682,
      0.0006350998, 0.00025, 0.0001405853, 7.905694e-5, 4.445699e-5,
    ],
  ],
  [
    8,
    { original_max_position_embeddings: 65536, rope_theta: 100, beta_fast: 10000 },
    [1.0, 0.2823462, 0.07857143, 0.02145831],
  ],
  [8, { original_max_position_embeddings: 6 }, [1, 0.025, 0.0025, 0.00025]],
])("with yarn a head of %i turns by %j as transformers turns it", (dim, parameters, speeds) => {
  const rope = ropeOf({ rope_parameters: { rope_type: "yarn", factor: 4, ...parameters } });
  const found = frequencies(rope, dim, 256, 256).speeds;
  expect(found).toHaveLength(dim / 2);
  for (const [i, speed] of found.entries()) expect(speed / (speeds[i] ?? Number.NaN)).toBeCloseTo(1, 5);
});

test("one of YaRN's two mscales alone changes nothing, as in transformers", () => {
  const scaleOf = (more: object) => {
    const rope = ropeOf({ rope_parameters: { rope_type: "yarn", factor: 4, ...more } });
    return frequencies(rope, 16, 256, 256).scale;
  };
  expect([scaleOf({ mscale: 0.5 }), scaleOf({ mscale_all_dim: 0.5 })]).toEqual([scaleOf({}), scaleOf({})]);
});

test("scalings that are not known are refused with those that are", () => {
  expect(() => ropeOf({ rope_scaling: { type: "longrope", factor: 2 } })).toThrow("rope_scaling.scaling.rope_type");
  expect(() => ropeOf({ rope_scaling: { type: "linear" } })).toThrow("rope_scaling.scaling.factor");
  expect(() => ropeOf({ rope_scaling: 7 })).toThrow("rope_scaling");
  expect(() => ropeOf({ rope_parameters: { partial_rotary_factor: 0.5 } })).toThrow("rope_parameters.part");
});

test("a rotation is made in float32 on the device where it is used", () => {
  const { cos, sin } = rotary(ropeOf({}), 16, 256)(3, 5, { device: "meta" });
  for (const table of [cos, sin]) {
    expect([table.shape, table.device, table.dtype]).toEqual([[5, 16], "meta", "float32"]);
  }
});
