// @vitest-environment happy-dom
import { act, screen, waitFor } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Answer, refusal } from "../../../testing/answers.js";
import { stubCanvas } from "../../../testing/canvas.js";
import { openPage } from "../../../testing/page.js";
import { ID, run, completed, failed, row, metrics, none, answers } from "../../../testing/run.js";

beforeEach(() => {
  stubCanvas();
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
});
afterEach(() => vi.restoreAllMocks());

const chart = (name: RegExp) => screen.findByRole("img", { name });
const press = async (name: string | RegExp) => await userEvent.click(await screen.findByRole("button", { name }));

test("new points of a run that trains are drawn by themselves, and its last ones when it has ended", async () => {
  let status: Answer = run;
  let points: Answer = metrics;
  answers({ [`GET /runs/${ID}`]: () => status, [`GET /runs/${ID}/metrics`]: () => points });
  openPage(`/app/runs/${ID}?smooth=0`);
  expect((await chart(/^Loss\./)).getAttribute("aria-label")).toContain("to 2.0000 at step 20");
  points = { ...metrics, steps: [...metrics.steps, row(30)] };
  expect((await screen.findByRole("img", { name: /^Loss.* to 1\.0000 at step 30/ })).tagName).toBe("DIV");
  points = { ...metrics, steps: [...metrics.steps, row(30), row(35)] };
  status = completed;
  expect(await screen.findByText("Finished")).toBeDefined();
  expect(await screen.findByRole("img", { name: /^Loss.* to 0\.5000 at step 35/ })).toBeDefined();
});

test.each([
  [{ ...run, status: "queued", training: null, last_heartbeat_ts: null }, "The run waits for its turn", "Waiting"],
  [
    { ...run, training: null, last_heartbeat_ts: null, model_family: null, model_size: null },
    "No step is logged yet",
    "Running",
  ],
  [completed, "No step was logged", "Finished"],
  [failed, "No step was logged", "Failed"],
])("a run without a step says why", async (status, title, word) => {
  answers({
    [`GET /runs/${ID}`]: status,
    [`GET /runs/${ID}/metrics`]: none,
    [`GET /runs/${ID}/manifest`]: refusal(404, "DATA_NOT_FOUND", "the run has not begun"),
  });
  openPage(`/app/runs/${ID}`);
  expect(await screen.findByRole("heading", { name: title })).toBeDefined();
  expect(screen.getByText(word)).toBeDefined();
});

test("the view of the curves stands in the address, and is had again by it", async () => {
  answers();
  const { router } = openPage(`/app/runs/${ID}?x=tokens&log=true&smooth=0.9&from=50&to=150`);
  await chart(/Training: .* at tokens 200/);
  const { search } = router.state.location;
  expect(search).toEqual({ x: "tokens", log: true, smooth: 0.9, from: 50, to: 150 });
  expect(screen.getByLabelText<HTMLInputElement>("Logarithmic").checked).toBe(true);
  await press("Show all");
  await waitFor(() => expect(router.state.location.search).toEqual({ x: "tokens", log: true, smooth: 0.9 }));
  await press("Zoom in");
  await waitFor(() => expect(router.state.location.search).toMatchObject({ from: 57.5, to: 152.5 }));
  await userEvent.selectOptions(screen.getByLabelText(/^Over/), "epoch");
  await chart(/Training: .* at epoch 1,/);
  await userEvent.click(screen.getByLabelText("Logarithmic"));
  await waitFor(() => expect(router.state.location.search).toEqual({ x: "epoch", smooth: 0.9 }));
  const slider = screen.getByRole("slider");
  await act(async () => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set?.call(slider, "0.25");
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await waitFor(() => expect(router.state.location.search).toEqual({ x: "epoch", smooth: 0.25 }));
});

test("an address that somebody has bent opens as a page does", async () => {
  answers();
  openPage(`/app/runs/${ID}?x=miles&log=7&smooth=5&from=a&tab=nowhere`);
  expect(await chart(/^Loss.* at step 20/)).toBeDefined();
});

test("a run that was thinned says so", async () => {
  answers({ [`GET /runs/${ID}/metrics`]: { ...metrics, total_steps_logged: 1_000_000 } });
  openPage(`/app/runs/${ID}`);
  expect(await screen.findByText(/3 of 1,000,000 logged steps are drawn/)).toBeDefined();
});

test("where one zooms into a run that was thinned, each step is read, once the zoom rests", async () => {
  const asked = answers({
    [`GET /runs/${ID}/metrics?points=1200`]: { ...metrics, total_steps_logged: 1000, resumed_from: [10] },
    [`GET /runs/${ID}/metrics?points=1200&from=5&to=16`]: {
      ...metrics,
      steps: [{ ...row(12), train_loss: 0.125 }],
      total_steps_logged: 1000,
    },
  });
  openPage(`/app/runs/${ID}?from=5&to=15.5&smooth=0`);
  expect(await chart(/^Loss.*least 0\.1250 at step 12/)).toBeDefined();
  await press("Show all");
  expect(await chart(/^Loss.*least 2\.0000 at step 20/)).toBeDefined();
  expect(asked.filter(({ path }) => path.includes("from=")).length).toBe(1);
});
