import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { addon } from "./load.js";

// TypeScript's types are gone at run time, so the declarations are read as text and held against the dispatcher's schemas.

const files = ["ops.ts", "optim/fused.ts", "fused/kernels.ts", "nn/cudnn-rnn.ts"];
const aliases: Record<string, string> = {};
const declared: { name: string; args: string[]; result: string }[] = [];
for (const file of files) {
  const text = readFileSync(new URL(file, import.meta.url), "utf8").replaceAll(/\/\/.*$/gm, "");
  for (const [, name = "", body = ""] of text.matchAll(/^type (\w+) = \[([^;]*)\];/gm)) aliases[name] = body;
  for (const [, args = "", result = "", name = ""] of text.matchAll(
    /(?:op|internalOp)<\s*(\[[^>]*?\]|\w+),\s*([\w[\]]+|\[[^>]*?\]),?\s*>\(\s*"([^"]+)",?\s*\)/g,
  )) {
    const body = args.startsWith("[") ? args.slice(1, -1) : (aliases[args] ?? "");
    const expanded = body.replaceAll(/\.\.\.(\w+)/g, (_, alias: string) => aliases[alias] ?? alias);
    declared.push({
      name,
      args: expanded
        .split(",")
        .map((a) => a.trim())
        .filter(Boolean),
      result,
    });
  }
}

/** Pattern of a declared argument for an argument of the schema. */
function expected(schemaType: string): RegExp {
  const type = schemaType.replace(/\([a-z]!?\)/, "").replace("?", "");
  if (type === "Tensor") return /^Tensor/;
  if (/^Tensor.*\[\]$/.test(type)) return /^readonly Tensor\[\]/;
  if (type === "Generator") return /^Generator/;
  if (type === "ScalarType") return /^DType/;
  if (type === "Device") return /^Device/;
  if (type === "Layout") return /^"strided"/;
  if (type === "bool") return /^boolean/;
  if (type === "str") return /^("|string)/;
  if (/^(Sym)?[iI]nt\[\d*\]$/.test(type)) return /^readonly number\[\]/;
  return /^number/;
}

function parse(schema: string): { args: { type: string; required: boolean }[]; result: string } {
  const [, args = "", result = ""] = /\(([^]*)\) -> (.*)$/.exec(schema) ?? [];
  const list = args.replaceAll(/\(([a-z])(!?)( -> \*)?\)/g, "").replaceAll("*, ", "");
  return {
    args: list
      .split(/,\s*(?![^[]*\])/)
      .filter(Boolean)
      .map((a) => ({ type: a.split(" ")[0] ?? "", required: !a.includes("=") && !a.includes("?") })),
    result: result.replaceAll(/\([a-z]!?\)/g, ""),
  };
}

test("every operator is found by the test", () => {
  const lines = files.map(
    (f) => readFileSync(new URL(f, import.meta.url), "utf8").match(/= (op|internalOp)</g)?.length ?? 0,
  );
  expect(declared).toHaveLength(lines.reduce((a, b) => a + b));
});

test.each(declared)("$name is declared as the dispatcher has it", ({ name, args, result }) => {
  const schema = parse(addon.resolve(name).schema);
  expect(args.length).toBeLessThanOrEqual(schema.args.length);
  for (const [i, arg] of args.entries()) {
    const [, label = "", type = ""] = /^(\w+\??): (.*)$/.exec(arg) ?? [];
    expect(type).toMatch(expected(schema.args[i]?.type ?? ""));
    expect(label.endsWith("?") && schema.args[i]?.required).toBe(false);
  }
  for (const { required } of schema.args.slice(args.length)) expect(required).toBe(false);
  const results: Record<string, string> = {
    Tensor: "Tensor",
    "Tensor[]": "Tensor[]",
    bool: "boolean",
    int: "number",
    "()": "void",
  };
  const tensors = (type: string) => type.match(/\bTensor\b/g)?.length;
  const several = result.startsWith("[") && tensors(result) === tensors(schema.result) ? result : "Pair";
  expect(result).toBe(results[schema.result] ?? several);
});
