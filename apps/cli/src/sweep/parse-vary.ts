import { snake } from "@trainer/options";
import type { Vary } from "@trainer/training";
import { nearest } from "@trainer/training/options";
import { z } from "zod";
import { ABOUT_RUN, TrainFlags } from "../flags/train-options.js";
import { calledHere } from "../framework/misuse.js";
import { optionSpecs, type OptionSpec } from "../framework/option-spec.js";
import { UsageError } from "../process/errors.js";

/** Options that trials must have in common, so that they can be compared, and those that a sweep sets itself. */
const COMMON = new Set([
  ...Object.keys(ABOUT_RUN),
  "document",
  "documentSeparator",
  "corpusFormat",
  "format",
  "textField",
  "dedup",
  "holdoutFraction",
  "testSplitRatio",
  "seed",
  "evalEvery",
  "evalTokens",
  "keepFiles",
  "tensorboard",
  "earlyStoppingPatience",
  "maxSteps",
  "maxSeconds",
  "numEpochs",
  "runId",
]);

const specs = optionSpecs(TrainFlags).filter(({ key }) => !COMMON.has(key));

/**
 * An option to vary: `learning-rate=1e-4..1e-2`, a range, or `n-layer=4,6,8`, a list.
 * @throws UsageError which says what can be varied, or what its values may be
 */
export function parseVary(text: string): Vary {
  const [, name = "", values = ""] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === "") throw wrong(text, "must be name=from..to or name=value,value,...");
  const spec = specs.find(({ key, flag, alias }) => [key, flag, alias, snake(key)].includes(name));
  if (spec === undefined) throw unknown(text, name);
  const isNumber = spec.kind === "integer" || spec.kind === "number";
  const [from, to] =
    isNumber && values.includes("..") ? values.split("..").map((each) => valueOf(each, spec, text)) : [];
  if (typeof from !== "number" || typeof to !== "number") {
    return { name: spec.key, values: values.split(",").map((each) => valueOf(each.trim(), spec, text)) };
  }
  if (from >= to) throw wrong(text, `${from} is not below ${to}`);
  return { name: spec.key, from, to, isWhole: spec.kind === "integer" };
}

function valueOf(word: string, { key, kind, allowed }: OptionSpec, text: string): unknown {
  const value = kind === "string" || kind === "list" ? word : JsonValue.safeParse(word).data;
  const { success } = TrainFlags.safeParse({ [key]: value });
  if (!success || value === undefined)
    throw wrong(text, `${word} must be ${kind === "boolean" ? "true or false" : allowed}`);
  return value;
}

/** A number or a truth value in words. */
const JsonValue = z.union([
  z.enum(["true", "false"]).transform((word) => word === "true"),
  z
    .string()
    .regex(/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i)
    .transform(Number),
]);

function unknown(text: string, name: string): UsageError {
  const ours = calledHere(snake(name).replaceAll("_", "-"));
  if (specs.some(({ flag }) => flag === ours)) return wrong(text, `${name} is called ${ours} here`);
  const [near] = nearest(
    name,
    specs.map(({ flag }) => flag),
    1,
  );
  const meant = near === undefined ? "" : ` Did you mean ${near}?`;
  return wrong(text, `${name} is no option of a training that a sweep can vary.${meant}`);
}

const wrong = (text: string, why: string) => new UsageError(`--vary ${text}: ${why}`);
