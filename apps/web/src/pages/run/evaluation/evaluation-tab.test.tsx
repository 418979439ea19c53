// @vitest-environment happy-dom
import { screen, waitFor, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Answer, refusal } from "../../../testing/answers.js";
import { stubCanvas } from "../../../testing/canvas.js";
import { openPage } from "../../../testing/page.js";
import { ID, run, manifest, answers, evaluated } from "../../../testing/run.js";

beforeEach(() => {
  stubCanvas();
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
});
afterEach(() => vi.restoreAllMocks());

const press = async (name: string | RegExp) => await userEvent.click(await screen.findByRole("button", { name }));

test("a run is evaluated again, and the result is shown when it is there", async () => {
  let latest: Answer = refusal(404, "EVAL_NOT_FOUND", "evaluation not found");
  const result = {
    run_id: ID,
    split: "test",
    status: "queued",
    loss: null,
    perplexity: null,
    artifact_path: null,
    message: null,
  };
  const asked = answers({ [`GET /runs/${ID}/eval`]: () => latest, [`POST /runs/${ID}/evaluate`]: result });
  openPage(`/app/runs/${ID}?tab=evaluation`);
  const table = await screen.findByRole("region", { name: "Measured at the end of the training" });
  expect(await within(table).findByText("3.2500")).toBeDefined();
  await userEvent.selectOptions(screen.getByLabelText(/^Part of the text/), "test");
  latest = { ...result, status: "running" };
  await press("Evaluate");
  expect(await screen.findByText("The evaluation waits for a worker.")).toBeDefined();
  expect(asked.find(({ method }) => method === "POST")?.body).toEqual({ split: "test" });
  expect(await screen.findByText(/^The evaluation runs/, undefined, { timeout: 3000 })).toBeDefined();
  latest = { ...result, status: "completed", loss: 1.5, perplexity: 4.5 };
  expect(await screen.findByText("4.5000", undefined, { timeout: 3000 })).toBeDefined();
});

test("an evaluation of another text, with a remark, and one that failed are shown", async () => {
  const result = {
    run_id: ID,
    split: "other.txt",
    status: "completed",
    loss: 1.5,
    perplexity: null,
    artifact_path: null,
    message: "too large a loss",
  };
  answers({ [`GET /runs/${ID}/eval`]: result });
  const { queryClient } = openPage(`/app/runs/${ID}?tab=evaluation`);
  expect((await screen.findByText(/other\.txt: loss/)).textContent).toBe(
    "other.txt: loss 1.5000, perplexity –. too large a loss",
  );
  for (const [message, told] of [
    ["run not found", "Run not found."],
    [null, "No reason is known."],
  ] as const) {
    queryClient.setQueryData(["run", ID, "evaluation"], { ...result, status: "failed", message });
    expect((await screen.findByText("The evaluation failed.")).parentElement?.textContent).toContain(told);
  }
});

test("a run that has not ended is not evaluated", async () => {
  answers({
    [`GET /runs/${ID}`]: run,
    [`GET /runs/${ID}/manifest`]: { ...manifest, evaluation: null, test_loss: null },
  });
  openPage(`/app/runs/${ID}?tab=evaluation`);
  expect(await screen.findByText("A run is measured when it has finished.")).toBeDefined();
  expect((await screen.findByRole("button", { name: "Evaluate" })).hasAttribute("disabled")).toBe(true);
});

test("what could not be done is told, and the page stays", async () => {
  answers({ [`POST /runs/${ID}/evaluate`]: refusal(429, "QUEUE_FULL", "the queue is full") });
  openPage(`/app/runs/${ID}?tab=evaluation`);
  await press("Evaluate");
  expect((await screen.findByRole("alert")).textContent).toContain("The queue is full.");
});

test("all evaluations are listed, the newest first, and one that was worse than before stands out", async () => {
  const evaluations = [
    { ...evaluated, loss: 2 },
    { ...evaluated, loss: 2.5, evaluated_at: null },
    { ...evaluated, loss: 2.4, path: "other <b>.txt" },
    { ...evaluated, loss: 2.25 },
  ];
  answers({ [`GET /runs/${ID}/evals`]: { run_id: ID, evaluations } });
  openPage(`/app/runs/${ID}?tab=evaluation`);
  const table = await screen.findByRole("region", { name: "Evaluations, the newest first" });
  const rows = within(table).getAllByRole("row");
  expect(rows.slice(1).map((each) => [...each.children].slice(1, 4).map((cell) => cell.textContent))).toEqual([
    ["Validation", "2.2500", "-10.00 %"],
    ["other <b>.txt", "2.4000", "–"],
    ["Validation", "2.5000", "+25.00 %, worse"],
    ["Validation", "2.0000", "–"],
  ]);
});

test("what the model wrote is shown as text", async () => {
  answers();
  openPage(`/app/runs/${ID}?tab=evaluation`);
  expect((await screen.findByText("The")).parentElement?.textContent).toBe("The <b>end</b>");
});

test("when an evaluation has ended it stands in the list", async () => {
  const result = { run_id: ID, split: "test", status: "running", loss: null, perplexity: null, artifact_path: null };
  let latest: Answer = result;
  let evaluations: (typeof evaluated)[] = [];
  answers({
    [`GET /runs/${ID}/eval`]: () => latest,
    [`GET /runs/${ID}/evals`]: () => ({ run_id: ID, evaluations }),
    [`GET /runs/${ID}/samples`]: { run_id: ID, samples: [] },
  });
  openPage(`/app/runs/${ID}?tab=evaluation`);
  await waitFor(() => expect(screen.getAllByText(/^There is none yet/).length).toBe(2));
  latest = { ...result, status: "completed", loss: 2 };
  evaluations = [evaluated];
  expect(await screen.findByRole("region", { name: "Evaluations, the newest first" })).toBeDefined();
});
