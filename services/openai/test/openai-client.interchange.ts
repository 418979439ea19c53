import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { scratch } from "@trainer/testing";
import { pythonProgram } from "@trainer/testing/python-program";
import { generate, promptTokens } from "@trainer/training";
import { expect, test } from "vitest";
import { z } from "zod";
import { serveTiny } from "./serve-tiny.js";

const SCRIPT = fileURLToPath(new URL("openai-client.py", import.meta.url));
const Said = z.object({
  models: z.array(z.string()),
  model: z.string(),
  text: z.string(),
  logprobs: z.array(z.number().nullable()),
  usage: z.int(),
  pieces: z.string(),
  several: z.array(z.string()),
  answer: z.string(),
  answered: z.boolean(),
  parts: z.string(),
  refused: z.array(z.string().nullable()),
});

test("OpenAI's client for Python is answered as it expects", async (context) => {
  const python = await pythonProgram("openai==3.57.0", "python");
  if ("missing" in python) return context.skip(python.missing);
  await using folder = await scratch();
  await using served = await serveTiny(folder.path);
  const { stdout } = await promisify(execFile)(python.path, [SCRIPT, `${served.url}/v1`, "chatty"]);
  const said = Said.parse(JSON.parse(stdout));
  const own = await generate(served.opened, { prompt: "The lamp", maxNewTokens: 8, topK: 0, seed: 3 });
  const [text = ""] = own.outputs;
  expect(said).toMatchObject({
    models: ["tiny", "chatty"],
    model: "chatty",
    text: `The lamp${text}`,
    pieces: text,
    usage: own.steps,
    answered: true,
    refused: ["model", "temperature"],
  });
  expect(said.logprobs).toHaveLength(promptTokens(served.opened, "The lamp").length + own.steps);
  expect(said.several).toHaveLength(4);
  expect(said.parts).toBe(said.answer);
});
