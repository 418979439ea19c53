import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratch } from "@trainer/testing";
import { pythonProgram } from "@trainer/testing/python-program";
import { expect, test } from "vitest";
import { z } from "zod";
import { RenderedChat, type PromptMessage } from "../src/conversation/chat-template.js";
import { openTinyGpt2, tinyGpt2 } from "./fixture.js";

const SCRIPT = fileURLToPath(new URL("chat-templates.py", import.meta.url));
const Rendered = z.record(z.string(), z.array(z.string().nullable()));

const said = (...turns: string[]): PromptMessage[] =>
  turns.map((content, i) => ({ role: i % 2 === 0 ? "user" : "assistant", content }));
const system = (content: string): PromptMessage => ({ role: "system", content });

const CONVERSATIONS: readonly PromptMessage[][] = [
  said("Hi"),
  [system("Be brief."), ...said("Who are you?")],
  said("Hi", "Hello!", "And now?"),
  [system("You are a poet.\n\nRhyme."), ...said("One", "Two", "Three", "Four", "Five")],
  said("  spaces around  \n"),
  said('Grüße, 你好, 😀 "quoted" & <b>tags</b>'),
  said("```python\nprint('{{ x }}')\n```"),
  said("<think>no</think> {% if %}"),
  said("a", "<think>\nhm\n</think>\n\nb", "c"),
  said(""),
];

/** Of these the library for Jinja in JavaScript renders none: keys that are numbers, filters of null, methods it lacks. */
const NOT_RENDERED = new Set([
  "ByteDance-Seed-OSS.jinja",
  "meetkai-functionary-medium-v3.1.jinja",
  "tencent-Hy3.jinja",
]);

test("published templates render conversations as transformers renders them", async (context) => {
  const python = await pythonProgram("transformers==5.23.0", "python", ["jinja2==3.1.6"]);
  if ("missing" in python) return context.skip(python.missing);
  await using folder = await scratch();
  // The sources of llama.cpp's binding for Python have the templates that llama.cpp is tested with.
  const download = ["download", "--quiet", "--no-deps", "--no-binary", "llama-cpp-python", "llama-cpp-python==0.3.36"];
  execFileSync(join(dirname(python.path), "pip"), [...download, "--dest", folder.path]);
  const archive = join(folder.path, "llama_cpp_python-0.3.36.tar.gz");
  execFileSync("tar", ["-xzf", archive, "-C", folder.path, "--wildcards", "*/models/templates/*.jinja"]);
  const found = readdirSync(folder.path, { recursive: true, encoding: "utf8" });
  const templates = join(folder.path, dirname(found.find((path) => path.endsWith(".jinja")) ?? ""));
  const input = JSON.stringify(CONVERSATIONS);
  const out = execFileSync(python.path, [SCRIPT, tinyGpt2, templates], { input, maxBuffer: 1 << 28 });
  const expected = Rendered.parse(JSON.parse(String(out)));
  using opened = await openTinyGpt2();
  const ours = (name: string) => {
    const source = readFileSync(join(templates, name), "utf8");
    return CONVERSATIONS.map((messages) => {
      try {
        const ids = new RenderedChat(source, opened.tokenizer, true).prompt(messages);
        return opened.tokenizer.decode(ids, { skipSpecial: false });
      } catch {
        return null;
      }
    });
  };
  const names = Object.keys(expected).filter((name) => !NOT_RENDERED.has(name));
  expect(names.length).toBeGreaterThanOrEqual(60);
  for (const name of names) expect([name, ours(name)]).toEqual([name, expected[name]]);
});
