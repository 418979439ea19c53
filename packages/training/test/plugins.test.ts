import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { familyNames } from "@trainer/models/capabilities";
import { methodNames } from "@trainer/tokenizers/capabilities";
import { optimizerNames } from "@trainer/torch/capabilities";
import {
  estimateTraining,
  findBatch,
  generate,
  openHome,
  openModel,
  resume,
  runFolder,
  train,
} from "@trainer/training";
import { readManifest, TrainingError } from "@trainer/training/files";
import { loadedPlugins, loadPlugins } from "@trainer/training/plugins";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withPluginsOf } from "../src/plugins/missing-plugins.js";
import { resolve } from "../src/plugins/own-packages.js";
import { outcome } from "./run-files.js";

const EXAMPLES = fileURLToPath(new URL("../../../examples", import.meta.url));
let home = "";
let corpus = "";

beforeAll(async () => {
  home = scratchPath("plugins");
  corpus = writeCorpus(join(home, "corpus.txt"));
  await loadPlugins(["./plugin"], [EXAMPLES]);
});
afterAll(() => rmSync(home, { recursive: true }));

const options = () => ({
  ...tiny,
  corpus,
  modelFamily: "window",
  modelSize: "tiny",
  modelConfig: {},
  optimizer: "lion",
  tokenizerMethod: "bytes",
  checkpointEvery: 5,
});

test("what a plugin brings is listed, and loaded no second time", async () => {
  await loadPlugins([join(EXAMPLES, "plugin"), pathToFileURL(join(EXAMPLES, "plugin/index.js")).href], [home]);
  expect(loadedPlugins().map(({ plugin: { name, version } }) => `${name} ${version}`)).toEqual([
    "trainer-plugin-example 0.1.0",
  ]);
  expect([familyNames().at(-1), optimizerNames().at(-1), methodNames().at(-1)]).toEqual(["window", "lion", "bytes"]);
});

test("a run of a plugin's family, optimizer and tokenizer trains, resumes to the bit, and generates", async () => {
  await train({ ...options(), runId: "whole" }, { home });
  const stop = new AbortController();
  const onEvent = ({ type, ...event }: { type: string; step?: number }) => {
    if (type === "step" && event.step === 7) stop.abort();
  };
  const { status } = await train({ ...options(), runId: "cut" }, { home, signal: stop.signal, onEvent });
  expect(status).toBe("interrupted");
  await resume("cut", { home });
  expect(outcome(join(home, "models/cut"))).toEqual(outcome(join(home, "models/whole")));
  expect((await readManifest(runFolder(home, "cut").manifest))?.plugins).toEqual([
    { name: "trainer-plugin-example", version: "0.1.0" },
  ]);
  using model = await openModel("cut", { home: openHome(home), device: "cpu" });
  expect((await generate(model, { prompt: "the ", maxNewTokens: 12, seed: 1 })).outputs[0]).not.toBe("");
});

test("a process that looks for the batch size loads the same plugins, and one that tries steps", async () => {
  const { tokenizerMethod: _, ...rest } = options();
  const found = await findBatch({ ...rest, vocabSize: 258, maxSeqLen: 16, threads: 1 }, { home, maxBatchSize: 2 });
  expect(found.batchSize).toBe(2);
  const told = await estimateTraining({ ...options(), threads: 1 }, { home });
  expect(told.reasons).toEqual({});
});

/** The path of a plugin's folder with these lines as its module. */
function plugin(name: string, lines: string): string {
  const folder = join(home, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, type: "module", main: "index.js" }));
  writeFileSync(join(folder, "index.js"), lines);
  return folder;
}
const about = (name: string, more: string) => `export default { name: "${name}", version: "1.0.0", api: 1, ${more} };`;
const lion = 'optimizers: { lion: { title: "L", moments: 1 } }';
const named = (name: string) => `optimizers: { ${name}: { title: "N", moments: 0 } }`;

test.each([
  ["throws", 'throw new Error("no\\nluck");', "the plugin [path] is broken: no luck"],
  ["throws-a-text", 'throw "no luck";', "the plugin [path] is broken: no luck"],
  ["empty", "export const a = 1;", "the plugin [path] is broken: default: must be a plugin: an object with a name"],
  ["of-tomorrow", about("of-tomorrow", "").replace("api: 1", "api: 2"), "api: must be 1, which is what this trainer"],
  ["badly-stored", about("badly-stored", 'stores: [{ name: "tape" }]'), "stores.0.open: must be a function"],
  ["misspelled", about("misspelled", "optimisers: {}"), 'Unrecognized key: "optimisers"'],
  ["badly-named", about("badly-named", named('"Li on"')), "optimizers.Li on"],
  ["taken", about("taken", lion), "is broken: what it brings is there already: optimizer lion; load one of the two"],
  ["built-in", about("built-in", named("sgd")), "what it brings is there already: optimizer sgd"],
  ["double", about("trainer-plugin-example", ""), "what it brings is there already: plugin trainer-plugin-example"],
])("a plugin that %s is refused in one sentence, and nothing of others is known", async (name, lines, sentence) => {
  const path = plugin(name, lines);
  const before = [optimizerNames(), loadedPlugins().length];
  const sound = plugin("sound", about("sound", named("calm")));
  const refused = loadPlugins([sound, path], [home]);
  await expect(refused).rejects.toThrow(TrainingError);
  await expect(refused).rejects.toThrow(sentence.replace("[path]", path));
  await expect(refused).rejects.not.toThrow("\n");
  expect([optimizerNames(), loadedPlugins().length]).toEqual(before);
});

test("a plugin that is not there is refused with where it was looked for", async () => {
  await expect(loadPlugins(["no-such-plugin"], [home, EXAMPLES])).rejects.toThrow(
    `there is no plugin no-such-plugin: no package of this name is installed where ${home} or ${EXAMPLES} finds it`,
  );
  await expect(loadPlugins(["./nowhere"], [home])).rejects.toThrow(
    `there is no plugin at ${join(home, "nowhere")}: name`,
  );
  await expect(loadPlugins(["./nowhere"], [])).rejects.toThrow("there is no plugin at /");
});

test("a package is found where a folder has it installed, and one that cannot be imported is said to be so", async () => {
  const installed = (name: string, manifest: object) => {
    const folder = plugin(`node_modules/${name}`, about(name, ""));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name, type: "module", ...manifest }));
  };
  installed("installed-plugin", { exports: "./index.js" });
  await loadPlugins(["installed-plugin"], [EXAMPLES, home]);
  expect(loadedPlugins().at(-1)?.plugin.name).toBe("installed-plugin");
  installed("closed-plugin", { exports: { "./other": "./index.js" } });
  await expect(loadPlugins(["closed-plugin"], [home])).rejects.toThrow(
    'the plugin closed-plugin has no module that can be imported: No "exports" main defined',
  );
});

test.each([
  ["absent", "", "is broken: what it exports: Invalid input: expected object"],
  ["unfit", "code: async () => ({ optimizers: { unfit: 3 } }),", "is broken: optimizers.unfit: must be a function"],
  ["short", "code: async () => ({}),", "is broken: its code has no optimizer short"],
  [
    "long",
    "code: async () => ({ optimizers: { long() {}, longer() {} } }),",
    "is broken: it does not name what its code has: optimizer longer",
  ],
  ["torn", 'code: () => import("./nowhere.js"),', "is broken: Cannot find module"],
])("a plugin whose code is %s is refused by the run that needs it", async (name, code, sentence) => {
  await loadPlugins([plugin(name, about(`${name}-plugin`, code + named(name)))], [home]);
  const run = train({ ...tiny, corpus, optimizer: name, runId: `run-${name}` }, { home });
  await expect(run).rejects.toMatchObject({ code: "UNSUPPORTED_BACKEND", failureClass: "USER_INPUT" });
  await expect(run).rejects.toThrow(`the plugin ${name}-plugin ${sentence}`);
});

test("what was trained with a plugin that is not loaded says which, where it is that which lacks", async () => {
  const plugins = [
    { name: "trainer-plugin-example", version: "0.1.0" },
    { name: "words", version: "2.1.0" },
  ];
  const fail = (code: "UNSUPPORTED_BACKEND" | "CONFLICT") => () =>
    Promise.reject(new TrainingError(code, 'no model family "words"'));
  await expect(withPluginsOf(plugins, fail("UNSUPPORTED_BACKEND"))).rejects.toThrow(
    'no model family "words"; it was trained with the plugin words 2.1.0, which is not loaded here: give --plugin words (a path',
  );
  await expect(withPluginsOf(plugins.slice(0, 1), fail("UNSUPPORTED_BACKEND"))).rejects.toThrow(/"words"$/);
  await expect(withPluginsOf(plugins, fail("CONFLICT"))).rejects.toThrow(/"words"$/);
  expect(await withPluginsOf(plugins, () => Promise.resolve(7))).toBe(7);
});

test("a plugin's imports lead to the packages that run, and to this program's Zod where it has none", async () => {
  const from = (specifier: string, has: readonly string[]) => {
    const parents: (string | undefined)[] = [];
    const context = {
      parentURL: "file:///srv/mine/index.js",
      conditions: [],
      importAttributes: {},
      importAssertions: {},
    };
    const next = (name: string, { parentURL }: { parentURL?: string | undefined } = {}) => {
      parents.push(parentURL?.replace(/.*packages\//, "packages/"));
      if (parentURL === context.parentURL && !has.includes(name)) throw new Error(`no ${name}`);
      return { url: "file:///found.js" };
    };
    return Promise.resolve(resolve(specifier, context, next)).then(() => parents);
  };
  const own = "packages/training/src/plugins/own-packages.ts";
  expect(await from("@trainer/torch", ["@trainer/torch"])).toEqual([own]);
  expect(await from("zod", ["zod"])).toEqual(["file:///srv/mine/index.js"]);
  expect(await from("zod", [])).toEqual(["file:///srv/mine/index.js", own]);
  await expect(from("left-pad", [])).rejects.toThrow("no left-pad");
});
