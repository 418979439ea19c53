import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startHub, type StartedHub } from "@trainer/testing/hub";
import { containing, matching, scratch } from "@trainer/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandLine } from "./command-line.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const TINY = join(root, "packages/training/test/fixtures/tiny-gpt2");
const read = (name: string) => readFileSync(join(TINY, name));
const files = {
  "README.md": "---\nlicense: mit\n---\n",
  "config.json": read("config.json"),
  "model.safetensors": read("model.safetensors"),
  "tokenizer.json": read("tokenizer.json"),
};

let hub: StartedHub;
let folder: Awaited<ReturnType<typeof scratch>>;
beforeAll(async () => {
  hub = await startHub({ "owner/tiny": { files }, "owner/gated": { files, token: "good" } });
  folder = await scratch();
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
const { trainer, json } = commandLine(() => folder.join("home"));
const env = (more: Readonly<Record<string, string>> = {}) => ({ env: { HF_ENDPOINT: hub.url, ...more } });

test("a model is pulled, described, asked, exported, and trained further", async () => {
  const { code, stdout, stderr } = await trainer(["pull", "owner/tiny"], env());
  expect([code, stderr]).toEqual([0, matching(/pulling owner\/tiny \(49.4 KiB\): 100 %/)]);
  expect(stdout.replaceAll(folder.join("home"), "HOME").replace(hub.commitOf("owner/tiny").slice(0, 12), "COMMIT"))
    .toBe(`\
HOME/exports/tiny: 58.9 KiB
  model       owner/tiny at COMMIT
  family      GPT-2 (gpt2)
  parameters  12,016 (12.0k)
  context     32 tokens
  licence     mit

Next:
  trainer chat export~tiny --home HOME
  trainer generate export~tiny --home HOME --prompt "Once upon a time"
  trainer train my-text.txt --pretrained export~tiny --home HOME
`);
  const again = await trainer(["pull", "owner/tiny", "--mirror", hub.url], {
    env: { HF_ENDPOINT: "http://127.0.0.1:1" },
  });
  expect([again.code, again.stdout]).toEqual([0, containing("58.9 KiB, was there already\n")]);

  const text = await folder.write("text.txt", "To be, or not to be: that is the question.\n".repeat(40));
  for (const line of [
    ["generate", "export~tiny", "--prompt", "To", "--max-new-tokens", "4"],
    ["score", "export~tiny", "--text", "To be"],
    ["export", "export~tiny", "--out", folder.join("copy")],
    ["train", text, "--pretrained", "export~tiny", "--max-steps", "2", "--run-id", "on"],
  ]) {
    const { code, stderr } = await trainer(line);
    expect([line[0], code, code === 0 ? "" : stderr]).toEqual([line[0], 0, ""]);
  }
});

test("with --json the facts are one object, and a folder of one's own is named by its path", async () => {
  const out = folder.join("mine", "tiny");
  const { code, last, stderr } = await json(["pull", "owner/tiny", "--out", out, "--quiet"], env());
  expect([code, stderr]).toEqual([0, ""]);
  expect(last).toEqual({
    model: "owner/tiny",
    id: out,
    path: out,
    commit: hub.commitOf("owner/tiny"),
    family: "GPT-2",
    model_type: "gpt2",
    context_length: 32,
    parameters: 12_016,
    bytes: 60_342,
    licence: "mit",
    was_there: false,
  });
  hub.models.set("owner/bare", { files: { ...files, "README.md": "" } });
  const bare = { cwd: folder.path, ...env() };
  const { stdout } = await trainer(["pull", "owner/bare", "--out", folder.join("bare")], bare);
  expect(stdout).toMatch(/licence {5}its card names none\n[^]*trainer chat bare --home /);
  const here = await trainer(["pull", "owner/bare", "--out", folder.join("bare")], {
    ...bare,
    cwd: folder.join("bare"),
  });
  expect(here.stdout).toContain(`trainer chat ${folder.join("bare")} --home `);
});

test("a gated model is opened by HF_TOKEN, and without it one learns how", async () => {
  const out = ["--out", folder.join("gated")];
  const refused = await trainer(["pull", "owner/gated", ...out], env());
  expect(refused).toMatchObject({ code: 1, stderr: containing("owner/gated is private, gated or not there") });
  const elsewhere = { env: { HF_TOKEN: "good", HF_ENDPOINT: "" } };
  const mirrored = await trainer(["pull", "owner/gated", ...out, "--mirror", hub.url], elsewhere);
  expect(mirrored).toMatchObject({
    code: 1,
    stderr: matching(/HF_TOKEN is for https:\S+, so http:\S+ is not shown it/),
  });
  expect(hub.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  expect(await trainer(["pull", "owner/gated", ...out], env({ HF_TOKEN: "good" }))).toMatchObject({
    code: 0,
    stderr: matching(/^(?!.*HF_TOKEN)/),
  });
});

test("a hub that asks to wait is waited for, and one that is not there is named", async () => {
  let nth = 0;
  hub.fault = (_, res) => {
    if (nth++ > 0) return false;
    res.writeHead(429, { "retry-after": "1" }).end();
    return true;
  };
  const out = ["--out", folder.join("waited")];
  const { code, stderr } = await trainer(["pull", "owner/tiny", ...out], env());
  expect([code, stderr]).toEqual([0, containing("the hub asks to wait for 1")]);
  const away = await json(["pull", "a/b", "--mirror", "ftp://hub"]);
  expect(away).toMatchObject({ code: 2, stderr: containing("must be http://") });
  const named = await trainer(["pull", "a/b"], { env: { HF_ENDPOINT: "hub" } });
  expect(named).toMatchObject({ code: 2, stderr: containing('HF_ENDPOINT is "hub", and must be http://') });
  const gone = await trainer(["pull", "a"]);
  expect(gone).toMatchObject({ code: 1, stderr: containing('"a" is no repository: expected owner/name') });
});

test("a pull that is killed goes on where it was, and what lies there meanwhile is no model", async () => {
  const weights = files["model.safetensors"];
  const half = new Promise<void>((resolve) => {
    hub.fault = ({ host }, res) => {
      if (host !== "store") return false;
      res.writeHead(200, { "content-length": weights.length });
      res.write(weights.subarray(0, 30_000), () => resolve());
      return true;
    };
  });
  const home = folder.join("killed");
  const child = spawn(process.execPath, [join(root, "apps/cli/bin/trainer.js"), "pull", "owner/tiny"], {
    env: { ...process.env, TRAINER_HOME: home, HF_ENDPOINT: hub.url },
    stdio: "ignore",
  });
  await half;
  const exports = join(home, "exports");
  const partOf = () => {
    const staging = readdirSync(exports).find((name) => /^\.pull-tiny-\w+$/.test(name)) ?? "";
    const part = readdirSync(join(exports, staging)).find((name) => /^model.*\.part$/.test(name));
    return part === undefined ? 0 : statSync(join(exports, staging, part)).size;
  };
  await expect.poll(partOf).toBeGreaterThan(0);
  const ended = once(child, "close");
  child.kill("SIGKILL");
  await ended;
  hub.fault = () => false;
  hub.requests.splice(0);
  const { code } = await trainer(["pull", "owner/tiny", "--home", home], env());
  expect(code).toBe(0);
  expect(hub.requests.at(-1)?.headers.range).toMatch(/^bytes=\d+-$/);
  expect(readdirSync(exports)).toEqual(["tiny"]);
});
