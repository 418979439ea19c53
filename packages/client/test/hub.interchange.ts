import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { scratch, sha256 } from "@trainer/testing";
import { startHub } from "@trainer/testing/hub";
import { pythonProgram } from "@trainer/testing/python-program";
import { expect, test } from "vitest";
import { HubClient } from "../src/hub.js";

const hf = await pythonProgram("huggingface_hub==2.4.0", "hf");
if ("missing" in hf) console.log(`not run here: the hub's own client gets what ours does: ${hf.missing}`);

/** Holds the hub of our tests to what a hub's own client wants of one. */
test.skipIf("missing" in hf)("the hub's own client gets the same files from the hub of our tests as ours", async () => {
  const files = {
    "config.json": '{"model_type":"llama"}',
    "model.safetensors": randomBytes(3_000_000),
    "README.md": "# ü\n",
    "tokenizer.json": "{}",
    "nested/x.json": "[]",
  };
  await using hub = await startHub({ "owner/tiny": { files, token: "hf_good" } });
  await using folder = await scratch();
  const env = { ...process.env, HF_ENDPOINT: hub.url, HF_TOKEN: "hf_good", HF_HOME: folder.join("home") };
  const out = folder.join("theirs");
  await promisify(execFile)("path" in hf ? hf.path : "", ["download", "owner/tiny", "--local-dir", out], { env });
  for (const [name, content] of Object.entries(files))
    expect(sha256(readFileSync(`${out}/${name}`))).toBe(sha256(content));
  const theirs = hub.requests.splice(0);
  expect(theirs.filter(({ host }) => host === "store").map(({ headers }) => headers.authorization)).toEqual([
    undefined,
  ]);

  const client = new HubClient({ url: hub.url, token: "hf_good" });
  const repository = await client.repository("owner/tiny", "main");
  expect(repository.files.map(({ name }) => name)).toEqual(Object.keys(files).slice(0, 4));
  for (const file of repository.files) {
    await client.download(repository, file, folder.join(file.name));
    expect(sha256(readFileSync(folder.join(file.name)))).toBe(sha256(readFileSync(`${out}/${file.name}`)));
  }
});
