import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { containing, matching } from "@trainer/testing";
import { pythonProgram } from "@trainer/testing/python-program";
import { expect, test } from "vitest";
import { commandLine } from "./command-line.js";
import { corpusFolder, TINY } from "./corpus.js";

const TYPES = `
import json, sys, pandas
table = pandas.read_parquet(sys.argv[1])
print(json.dumps({name: str(table[name].dtype) for name in table.columns}))
`;

test("pandas reads the table of runs, each column by its type", async (context) => {
  const python = await pythonProgram("mlflow==3.17.2", "python"); // which brings pandas and Arrow
  if ("missing" in python) return context.skip(python.missing);
  const { folder, corpus } = await corpusFolder();
  const { trainer } = commandLine(() => join(folder, "home"));
  await trainer(["train", corpus, ...TINY, "--max-steps", "2", "--run-id", "one"]);
  const file = join(folder, "runs.parquet");
  expect(await trainer(["runs", "export", "--parquet", file])).toMatchObject({ code: 0 });
  const types: unknown = JSON.parse(execFileSync(python.path, ["-c", TYPES, file], { encoding: "utf8" }));
  expect(types).toMatchObject({
    run_id: matching(/^(object|str)/),
    steps: "int64",
    best_val_loss: "float64",
    early_stopped: "bool",
    started_at: containing("datetime64"),
    "config.learning_rate": "float64",
  });
});
