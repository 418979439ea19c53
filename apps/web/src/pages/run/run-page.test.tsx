// @vitest-environment happy-dom
import { screen, waitFor, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Answer, nothing, refusal } from "../../testing/answers.js";
import { stubCanvas } from "../../testing/canvas.js";
import { openPage } from "../../testing/page.js";
import { ID, run, completed, failed, manifest, metrics, log, answers, evaluation } from "../../testing/run.js";

beforeEach(() => {
  stubCanvas();
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
});
afterEach(() => vi.restoreAllMocks());

const chart = (name: RegExp) => screen.findByRole("img", { name });
const press = async (name: string | RegExp) => await userEvent.click(await screen.findByRole("button", { name }));

test("a run that trains shows how far it is, its curves, and a way to stop it", async () => {
  const asked = answers({
    [`GET /runs/${ID}`]: run,
    [`POST /runs/${ID}/cancel`]: { status: "cancellation-requested" },
  });
  openPage(`/app/runs/${ID}`);
  expect((await screen.findByRole("heading", { level: 1 })).textContent).toBe(ID);
  expect(await screen.findByText(/50 % · step 20 of 40 · 1 min 5 s to the end/)).toBeDefined();
  expect(screen.getByText("Running")).toBeDefined();
  expect(screen.getByText("sign of life just now")).toBeDefined();
  expect((await chart(/^Loss\./)).getAttribute("aria-label")).toContain("Validation: 2.2500 at step 10.");
  expect(screen.queryByRole("button", { name: "Delete" })).toBeNull();
  await press("Stop and keep");
  expect(await screen.findByRole("button", { name: "Stopping …" })).toBeDefined();
  expect(asked.some(({ method, path }) => `${method} ${path}` === `POST /runs/${ID}/cancel`)).toBe(true);
});

test("a run without a sign of life is told so", async () => {
  const training = { ...run.training, eta_seconds: null };
  answers({ [`GET /runs/${ID}`]: { ...run, last_heartbeat_ts: Date.now() / 1000 - 90, training } });
  openPage(`/app/runs/${ID}`);
  expect(await screen.findByText("Silent")).toBeDefined();
  expect(screen.getByText(/no sign of life for 1 min/)).toBeDefined();
  expect(screen.getByText(/50 % · step 20 of 40/).textContent).not.toContain("to the end");
});

test("what people have written on a run stands above, as text", async () => {
  answers({ [`GET /runs/${ID}/notes`]: { tags: ["<b>tag</b>"], note: "<img src=x>" } });
  openPage(`/app/runs/${ID}`);
  expect(await screen.findByText("<b>tag</b>")).toBeDefined();
  expect(screen.getByText("<img src=x>")).toBeDefined();
  expect(screen.getByRole("button", { name: `Tags and note of ${ID}` })).toBeDefined();
});

test("a run that failed says why, and can be resumed", async () => {
  let status: Answer = failed;
  answers({
    [`GET /runs/${ID}`]: () => status,
    [`POST /runs/${ID}/resume`]: () => {
      status = run;
      return { run_id: ID, job_id: "j" };
    },
  });
  openPage(`/app/runs/${ID}`);
  expect((await screen.findByRole("alert")).textContent).toBe("the disk is full");
  await press("Resume");
  expect(await screen.findByText("Running")).toBeDefined();
});

test("a run that was stopped has not failed", async () => {
  answers({ [`GET /runs/${ID}`]: { ...failed, message: "Training cancelled", error: "cancelled" } });
  openPage(`/app/runs/${ID}`);
  expect(await screen.findByText("Stopped")).toBeDefined();
  expect(screen.queryByRole("alert")).toBeNull();
});

test("a run is deleted after a question, and the runs are shown then", async () => {
  const asked = answers({ [`DELETE /runs/${ID}`]: { run_id: ID, bytes: 5 } });
  const { router } = openPage(`/app/runs/${ID}`);
  await press("Delete");
  const dialog = await screen.findByRole("dialog");
  await userEvent.click(within(dialog).getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/runs"));
  expect(asked.some(({ method }) => method === "DELETE")).toBe(true);
});

test("a run is kept where the question is answered so", async () => {
  const asked = answers();
  openPage(`/app/runs/${ID}`);
  await press("Delete");
  await userEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Keep" }));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
});

test("a run that cannot be deleted stays, and the page says why", async () => {
  answers({ [`DELETE /runs/${ID}`]: refusal(409, "CONFLICT", "the run is in use") });
  openPage(`/app/runs/${ID}`);
  await press("Delete");
  await userEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Delete" }));
  expect((await screen.findByRole("alert")).textContent).toContain("The run is in use.");
});

test("a finished run is used, trained on, cloned and downloaded by links to own paths", async () => {
  answers();
  openPage(`/app/runs/${ID}`);
  const page = within(await screen.findByRole("main"));
  await page.findByRole("link", { name: "Train on" });
  const to = (name: string) => page.getByRole("link", { name }).getAttribute("href");
  expect(["Use", "Train on", "Clone", "Download"].map(to)).toEqual([
    `/app/use?run=${ID}`,
    `/app/new-run?from=${ID}&train_on=true`,
    `/app/new-run?from=${ID}`,
    `/artifacts/models/${ID}`,
  ]);
});

/** Notes the downloads that a page begins. */
function downloads(): string[] {
  const begun: string[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    begun.push(`${this.hasAttribute("download")} ${this.getAttribute("href")}`);
  });
  return begun;
}

test("a finished run's model is exported by one click, and its adapter alone where it has one", async () => {
  const list = { run_id: ID, name: `${ID}.tar`, bytes: 5, files: [], notes: [] };
  answers({
    [`GET /runs/${ID}/export`]: list,
    [`GET /runs/${ID}/manifest`]: { ...manifest, config: { ...manifest.config, lora_rank: 4 } },
  });
  const begun = downloads();
  openPage(`/app/runs/${ID}`);
  await press("Export");
  await waitFor(() => expect(begun).toEqual([`true /runs/${ID}/export?adapter=false`]));
  await press("Export adapter");
  await waitFor(() => expect(begun[1]).toBe(`true /runs/${ID}/export?adapter=true`));
});

test("a run that cannot be exported says why, and nothing is downloaded", async () => {
  answers({ [`GET /runs/${ID}/export`]: refusal(404, "DATA_NOT_FOUND", `run ${ID} was cleaned away`) });
  const begun = downloads();
  openPage(`/app/runs/${ID}`);
  await press("Export");
  expect((await screen.findByRole("alert")).textContent).toContain(`Run ${ID} was cleaned away.`);
  expect(begun).toEqual([]);
  expect(screen.queryByRole("button", { name: "Export adapter" })).toBeNull();
});

test("a run that has not ended well is not exported", async () => {
  answers({ [`GET /runs/${ID}`]: failed });
  openPage(`/app/runs/${ID}`);
  await screen.findByRole("button", { name: "Resume" });
  expect(screen.queryByRole("button", { name: /Export/ })).toBeNull();
});

test("a finished run is trained further, to more steps than it has done", async () => {
  const asked = answers({
    [`GET /runs/${ID}`]: completed,
    [`POST /runs/${ID}/resume`]: { run_id: ID, job_id: "j" },
  });
  openPage(`/app/runs/${ID}`);
  await press("Train further");
  await press("Leave it");
  expect(screen.queryByRole("dialog")).toBeNull();
  await press("Train further");
  const steps = await screen.findByRole("textbox", { name: "Steps in all" });
  expect(steps.getAttribute("value")).toBe("40");
  for (const wrong of ["20", "many"]) {
    await userEvent.clear(steps);
    await userEvent.type(steps, wrong);
    expect(screen.getByText("must be more than 20, which it has done")).toBeDefined();
    expect(screen.getByRole("button", { name: "Go on" })).toHaveProperty("disabled", true);
  }
  await userEvent.clear(steps);
  await userEvent.type(steps, "50");
  await press("Go on");
  await waitFor(() => expect(asked.find(({ method }) => method === "POST")?.body).toEqual({ max_steps: 50 }));
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("a run that has not finished, or that trained an adapter, is not trained on", async () => {
  answers({ [`GET /runs/${ID}`]: failed });
  const { unmount } = openPage(`/app/runs/${ID}`);
  await screen.findByRole("link", { name: "Clone" });
  expect(screen.queryByRole("link", { name: "Train on" })).toBeNull();
  unmount();
  answers({ [`GET /runs/${ID}/manifest`]: { ...manifest, config: { ...manifest.config, lora_rank: 8 } } });
  openPage(`/app/runs/${ID}`);
  await screen.findByText("Parameters"); // by then the manifest is read
  expect(screen.queryByRole("link", { name: "Train on" })).toBeNull();
});

test("a run that is not there is told so", async () => {
  answers({ [`GET /runs/${ID}`]: refusal(404, "RUN_NOT_FOUND", "run not found") });
  openPage(`/app/runs/${ID}`);
  expect(await screen.findByRole("heading", { name: "There is no such run" })).toBeDefined();
});

test("while the service is away the page says so, and reads again when it is back", async () => {
  let status: Answer = nothing();
  answers({ [`GET /runs/${ID}`]: () => status });
  openPage(`/app/runs/${ID}`);
  expect(await screen.findByText("Reading the run …")).toBeDefined();
  expect((await screen.findByText("The run cannot be read.")).parentElement?.textContent).toContain("does not answer");
  status = completed;
  await press("Try again");
  expect(await screen.findByText("Finished")).toBeDefined();
});

test.each([
  ["curves", "metrics", "The curves cannot be read."],
  ["settings", "manifest", "The settings cannot be read."],
  ["log", "logs", "The log cannot be read."],
  ["evaluation", "eval", "The latest evaluation cannot be read."],
  ["evaluation", "evals", "The evaluations cannot be read."],
  ["evaluation", "samples", "The samples cannot be read."],
  ["files", "files", "The files cannot be read."],
] as const)("a part of the page that cannot be read says so: %s", async (tab, part, told) => {
  let isBack = false;
  const whole = {
    metrics,
    manifest,
    eval: { ...evaluation, status: "completed" },
    evals: { run_id: ID, evaluations: [] },
    samples: { run_id: ID, samples: [] },
    files: { run_id: ID, files: [], truncated: false },
  };
  const broken = refusal(500, "INTERNAL_ERROR", "Internal server error");
  answers({ [`GET /runs/${ID}/${part}`]: () => (isBack ? (part === "logs" ? log() : whole[part]) : broken) });
  openPage(`/app/runs/${ID}?tab=${tab}`);
  expect(await screen.findByText(told)).toBeDefined();
  isBack = true;
  await press("Try again");
  await waitFor(() => expect(screen.queryByText(told)).toBeNull());
});
