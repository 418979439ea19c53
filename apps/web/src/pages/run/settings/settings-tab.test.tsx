// @vitest-environment happy-dom
import { screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { refusal } from "../../../testing/answers.js";
import { stubCanvas } from "../../../testing/canvas.js";
import { openPage } from "../../../testing/page.js";
import { ID, answers } from "../../../testing/run.js";

beforeEach(() => {
  stubCanvas();
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
});
afterEach(() => vi.restoreAllMocks());

test("what differs from the defaults comes first, and the facts of the run beside it", async () => {
  answers();
  openPage(`/app/runs/${ID}`);
  await userEvent.click(await screen.findByRole("tab", { name: "Settings and facts" }));
  const changed = await screen.findByRole("region", { name: "Settings that differ from the defaults" });
  expect(
    within(changed)
      .getAllByRole("row")
      .map((each) => each.textContent),
  ).toEqual(["SettingValueDefault", "batch sizesequences in a batch84"]);
  expect(screen.getByText("3,192,576, 1,000 trained")).toBeDefined();
  expect(screen.getByText("processor, fp32, 2 threads")).toBeDefined();
  expect(screen.queryByText("Version of datasets")).toBeNull();
  const parts = screen.getByRole("region", { name: "Size of each part" });
  expect(
    within(parts)
      .getAllByRole("row")
      .map((each) => each.textContent)[1],
  ).toBe("Training101,0002.0 KiB84 %");
});

test("a manifest of another version, with nothing in it, is shown as far as it goes", async () => {
  answers({
    [`GET /runs/${ID}/manifest`]: { run_id: ID, status: "completed", device: "cuda", threads: 1, parameters: 5 },
  });
  openPage(`/app/runs/${ID}?tab=settings`);
  expect(await screen.findByText("Everything is as the defaults are.")).toBeDefined();
  expect(screen.getByText("GPU")).toBeDefined();
  expect(screen.queryByRole("region", { name: "Size of each part" })).toBeNull();
});

test("a manifest that says nothing is shown too", async () => {
  answers({ [`GET /runs/${ID}/manifest`]: { run_id: ID, status: "completed", device: 7, splits: { train: 1 } } });
  openPage(`/app/runs/${ID}?tab=settings`);
  expect(await screen.findByText("Everything is as the defaults are.")).toBeDefined();
  expect(screen.queryByText("Parameters")).toBeNull();
});

test("a run that has not begun has no settings yet", async () => {
  answers({ [`GET /runs/${ID}/manifest`]: refusal(404, "DATA_NOT_FOUND", "the run has not begun") });
  openPage(`/app/runs/${ID}?tab=settings`);
  expect(await screen.findByRole("heading", { name: "The run has not begun" })).toBeDefined();
});
