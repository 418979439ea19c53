// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Answer, refusal } from "../../../testing/answers.js";
import { stubCanvas } from "../../../testing/canvas.js";
import { openPage } from "../../../testing/page.js";
import { ID, run, manifest, answers, evaluated, sample } from "../../../testing/run.js";

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
  expect(await screen.findByText(/^The evaluation runs/)).toBeDefined();
  latest = { ...result, status: "completed", loss: 1.5, perplexity: 4.5 };
  expect(await screen.findByText("4.5000")).toBeDefined();
});

test("what went wrong, and what the end tells, stands in words below the figures", async () => {
  const told = {
    alarms: [{ step: 1200, symptom: "spike", message: "the loss jumped" }],
    verdict: { words: ["It rests."] },
  };
  answers({ [`GET /runs/${ID}/manifest`]: { ...manifest, ...told } });
  openPage(`/app/runs/${ID}?tab=evaluation`);
  const list = await screen.findByRole("list", { name: "What it tells" });
  expect(
    within(list)
      .getAllByRole("listitem")
      .map(({ textContent }) => textContent),
  ).toEqual(["Step 1,200: the loss jumped", "It rests."]);
});

test("an evaluation of pairs of answers tells accuracy and margin in place of a perplexity", async () => {
  const figures = { "rewards/accuracies": 0.75, "rewards/margins": 0.5 };
  const result = { run_id: ID, split: "test", status: "completed", loss: 0.5, perplexity: null, artifact_path: null };
  answers({ [`GET /runs/${ID}/eval`]: { ...result, figures } });
  openPage(`/app/runs/${ID}?tab=evaluation`);
  expect((await screen.findByText(/accuracy/)).textContent).toBe("Test: loss 0.5000, accuracy 0.7500, margin 0.5000.");
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

/** Texts of a step after two prompts. */
const course = (...steps: readonly number[]) =>
  steps.flatMap((step) => [
    { ...sample, step, prompt: "", output: `first of ${step}` },
    { ...sample, step, prompt: "The ", output: `second of ${step}` },
  ]);
const shownTexts = async () => {
  const part = await screen.findByRole("region", { name: "As it is trained" });
  return [...part.querySelectorAll("blockquote")].map(({ textContent }) => textContent);
};
const slider = () => screen.getByRole("slider", { name: "Step" });
const slide = (value: number) => fireEvent.change(slider(), { target: { value: String(value) } });

test("what the model wrote as it was trained is shown by step, the newest first", async () => {
  answers({ [`GET /runs/${ID}/samples`]: { run_id: ID, samples: [sample], course: course(10, 20, 1000) } });
  openPage(`/app/runs/${ID}?tab=evaluation`);
  expect(await shownTexts()).toEqual(["first of 1000", "The second of 1000"]);
  expect(screen.getByText("After step 1,000, the newest")).toBeDefined();
  expect(screen.getByRole("button", { name: "Later" }).hasAttribute("disabled")).toBe(true);
  await press("Earlier");
  expect(await shownTexts()).toEqual(["first of 20", "The second of 20"]);
  expect(slider().getAttribute("aria-valuetext")).toBe("After step 20");
  slide(0);
  expect(await shownTexts()).toEqual(["first of 10", "The second of 10"]);
  expect(screen.getByText("After step 10")).toBeDefined();
  expect(screen.getByRole("button", { name: "Earlier" }).hasAttribute("disabled")).toBe(true);
  await press("Later");
  expect(await shownTexts()).toEqual(["first of 20", "The second of 20"]);
  expect(screen.getByRole("heading", { name: "At the latest evaluation" })).toBeDefined();
});

test("as a run trains its newest texts come by themselves, and a step that was chosen stays", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  try {
    let now = course(10);
    answers({
      [`GET /runs/${ID}`]: run,
      [`GET /runs/${ID}/samples`]: () => ({ run_id: ID, samples: [], course: now }),
    });
    openPage(`/app/runs/${ID}?tab=evaluation`);
    expect(await shownTexts()).toEqual(["first of 10", "The second of 10"]);
    expect(screen.queryByRole("heading", { name: "At the latest evaluation" })).toBeNull();
    now = course(10, 20);
    await vi.advanceTimersByTimeAsync(6000);
    await waitFor(async () => expect(await shownTexts()).toEqual(["first of 20", "The second of 20"]));
    slide(0);
    now = course(10, 20, 30);
    await vi.advanceTimersByTimeAsync(6000);
    expect(await shownTexts()).toEqual(["first of 10", "The second of 10"]);
    slide(2);
    now = course(10, 20, 30, 40);
    await vi.advanceTimersByTimeAsync(6000);
    await waitFor(async () => expect(await shownTexts()).toEqual(["first of 40", "The second of 40"]));
  } finally {
    vi.useRealTimers();
  }
});

test("whatever the model wrote is text in its own direction, and nothing is said to be nothing", async () => {
  const hostile = '<img src=x onerror="alert(1)">\u202Eabc';
  const written = [hostile, "\u0627\u0644\u0633\u0644\u0627\u0645", "漢字\n漢字", " "];
  const texts = written.map((output) => Object.assign({}, sample, { step: 1, prompt: "", output }));
  answers({ [`GET /runs/${ID}/samples`]: { run_id: ID, samples: [], course: texts } });
  openPage(`/app/runs/${ID}?tab=evaluation`);
  expect(await shownTexts()).toEqual([...written.slice(0, 3), " nothing but space"]);
  const part = screen.getByRole("region", { name: "As it is trained" });
  expect(part.querySelector("img")).toBeNull();
  expect([...part.querySelectorAll("blockquote")].map((each) => each.getAttribute("dir"))).toEqual(
    written.map(() => "auto"),
  );
});

test("a run without samples as it trained says how to get some", async () => {
  answers();
  openPage(`/app/runs/${ID}?tab=evaluation`);
  expect(await screen.findByText(/^To see how a model’s texts change/)).toBeDefined();
  expect(screen.queryByRole("slider", { name: "Step" })).toBeNull();
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
