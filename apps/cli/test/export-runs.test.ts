import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { containing } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { commandLine } from "./command-line.js";
import { corpusFolder, TINY } from "./corpus.js";

const Manifest = z.record(z.string(), z.unknown());
const shared = { folder: "", home: "" };
const { trainer, json } = commandLine(() => shared.home);
const file = (name: string) => join(shared.folder, name);

beforeAll(async () => {
  const { folder, corpus } = await corpusFolder();
  Object.assign(shared, { folder, home: join(folder, "home") });
  const line = ["train", corpus, ...TINY, "--max-steps", "4"];
  await trainer([...line, "--run-id", "one"]);
  await trainer([...line, "--run-id", "two", "--batch-size", "auto", "--learning-rate", "1", "--no-evaluate"]);
  const manifest = readFileSync(join(shared.home, "models", "one", "manifest.json"), "utf8");
  mkdirSync(join(shared.home, "models", "left"));
  const begun = { created_at: 1, status: "running", finished_at: null };
  const left = { ...Manifest.parse(JSON.parse(manifest)), ...begun };
  writeFileSync(join(shared.home, "models", "left", "manifest.json"), JSON.stringify(left));
  mkdirSync(join(shared.home, "models", "damaged"));
  writeFileSync(join(shared.home, "models", "damaged", "manifest.json"), "{");
}, 120_000);

/** A Parquet file's rows, by a reader. */
async function rowsOf(path: string) {
  const bytes = new Uint8Array(readFileSync(path));
  return z.array(Manifest).parse(await parquetReadObjects({ file: bytes.buffer }));
}

test("runs are a table with types, a row each and a column for each setting", async () => {
  const { last } = await json(["runs", "export", "--parquet", file("runs.parquet"), "--csv", file("runs.csv")]);
  expect(last).toMatchObject({ runs: 4, files: [file("runs.csv"), file("runs.parquet")] });
  const rows = await rowsOf(file("runs.parquet"));
  const listed = (await json(["runs", "show", "one"])).last;
  expect(rows.map(({ run_id: id, status }) => [id, status])).toEqual([
    ["two", "completed"],
    ["one", "completed"],
    ["left", "interrupted"],
    ["damaged", "damaged"],
  ]);
  const [two, one, left, damaged] = rows;
  expect(listed).toMatchObject({ best_val_loss: one?.["best_val_loss"], test_loss: one?.["test_loss"] });
  expect(one).toMatchObject({
    steps: 4n,
    early_stopped: false,
    eval_split: "validation",
    "config.learning_rate": 0.0005,
    "config.max_steps": 4,
    "config.evaluate": true,
    "config.batch_size": "4",
  });
  expect(one?.["finished_at"]).toBeInstanceOf(Date);
  expect(left?.["finished_at"]).toBeNull();
  expect(two).toMatchObject({ eval_split: null, "config.learning_rate": 1, "config.batch_size": "auto" });
  expect(Object.values(damaged ?? {}).filter((cell) => cell !== null)).toEqual(["damaged", "damaged", false]);

  const lines = readFileSync(file("runs.csv"), "utf8").trimEnd().split("\r\n");
  expect(lines[0]?.split(",")).toEqual(Object.keys(one ?? {}));
  expect(lines).toHaveLength(5);
  expect(lines[2]).toMatch(/^one,completed,false,\d{4}-/);
});

test("the table goes to stdout as well, and what has no place to go is refused", async () => {
  const { stdout } = await trainer(["runs", "export", "--csv", "-"]);
  expect(stdout.split("\r\n")).toHaveLength(6);
  expect((await trainer(["runs", "export", "--parquet", file("b")])).stdout).toContain("b: 4 runs, ");
  expect(await trainer(["runs", "export"])).toMatchObject({ code: 2, stderr: containing("--csv or --parquet") });
  expect(await trainer(["runs", "export", "--csv", "-", "--json"])).toMatchObject({ code: 2 });
});

test("a home without runs is a table without rows", async () => {
  const home = file("empty");
  await trainer(["runs", "export", "--csv", file("no.csv"), "--parquet", file("no.parquet"), "--home", home]);
  expect(readFileSync(file("no.csv"), "utf8")).toMatch(/^run_id,status,[^\n]*error\r\n$/);
  expect(await rowsOf(file("no.parquet"))).toEqual([]);
});
