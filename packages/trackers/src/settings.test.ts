import { matching } from "@trainer/testing";
import { expect, test } from "vitest";
import { inEnvironment } from "./settings.js";

function found(env: Record<string, string>) {
  const warnings: string[] = [];
  const trackers = inEnvironment({ env, cwd: "/", home: "/home", warn: (line) => warnings.push(line) });
  return { trackers, warnings };
}

test("a process sends to the trackers whose servers its environment names, and to no other", () => {
  expect(found({ WANDB_PROJECT: "p", MLFLOW_EXPERIMENT_NAME: "e" })).toEqual({ trackers: [], warnings: [] });
  const env = { MLFLOW_TRACKING_URI: "https://mlflow.test/", TRACKIO_SERVER_URL: "http://127.0.0.1:1" };
  expect(found(env)).toEqual({
    trackers: [
      { name: "mlflow", url: "https://mlflow.test", experiment: "model-trainer", authorization: null },
      { name: "trackio", url: "http://127.0.0.1:1", project: "model-trainer", writeToken: null },
    ],
    warnings: [],
  });
});

test("an address that is meant for other programs is warned of, and left out", () => {
  const { trackers, warnings } = found({ MLFLOW_TRACKING_URI: "sqlite:///mlflow.db", TRACKIO_SERVER_URL: "http://h" });
  expect(trackers).toMatchObject([{ name: "trackio" }]);
  expect(warnings).toEqual([matching(/^MLFLOW_TRACKING_URI: .* is sqlite:; no run is sent there$/)]);
  expect(found({ MLFLOW_TRACKING_URI: "http://%zz:x@h" }).warnings).toEqual([
    "MLFLOW_TRACKING_URI: the name or password in it has a % that begins no code; no run is sent there",
  ]);
});
