// @vitest-environment happy-dom
import { screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { type answering, nothing, refusal } from "../../testing/answers.js";
import { askModel, QUEUED, RUNS } from "../../testing/asked-model.js";

const POST = "POST /runs/r1/generate";
const GET = "GET /runs/r1/generate/q1";

const open = (answers: Parameters<typeof answering>[0] = {}, address?: string) => {
  const opened = askModel("generate", {
    answers: { [GET]: QUEUED, ...answers },
    ...(address === undefined ? {} : { address: `/app${address}` }),
  });
  return { ...opened, all: opened.asked };
};

const button = (name: string | RegExp) => screen.getByRole("button", { name });
const panel = async () => within(await screen.findByRole("tabpanel"));
const prompt = async () => (await panel()).findByLabelText("Beginning of the text");
const texts = async () =>
  within(await screen.findByRole("list", { name: "Texts" }))
    .getAllByRole("listitem")
    .map((item) => item.querySelector("p")?.textContent);

const seed = (): unknown => expect.any(Number);

test("a model goes on with a text, which is shown as it is written", async () => {
  const { user, bodies, stream, all } = open({ [GET]: { ...QUEUED, status: "running" } });
  await user.type(await prompt(), "Once");
  await user.type((await panel()).getByLabelText("How many texts"), "2");
  await user.click(button("Generate"));
  expect(bodies()).toEqual([{ prompt_text: "Once", num_return_sequences: 2, seed: seed() }]);
  expect(await (await panel()).findByText(/The model is at work/)).toBeVisible();

  const { send, end } = await stream();
  send("text", { type: "text", sequence: 1, text: " upon" });
  await waitFor(async () => expect(await texts()).toEqual(["Once", "Once upon"]));
  expect(button("Generate")).toHaveProperty("disabled", true);
  send("text", { type: "text", sequence: 0, text: ", a" });
  send("text", { type: "text", sequence: 1, text: " a" });
  await waitFor(async () => expect(await texts()).toEqual(["Once, a", "Once upon a"]));
  send("result", {
    ...QUEUED,
    status: "completed",
    outputs: [", a", " upon a time"],
    eos_terminated: [true, false],
    steps_per_sequence: [1, 3],
  });
  end();
  expect(await (await panel()).findByText("Text 1 · 1 token · ended by the model")).toBeVisible();
  expect(await (await panel()).findByText("Text 2 · 3 tokens · ended by its length")).toBeVisible();
  expect(await texts()).toEqual(["Once, a", "Once upon a time"]);
  expect(button("Stop")).toHaveProperty("disabled", true);
  expect(all.filter(({ path }) => path.endsWith("q1")).length).toBeGreaterThan(0);
});

test("the seed of a text is shown, and kept for the next on demand", async () => {
  const { user, bodies, stream } = open();
  await user.type(await prompt(), "a");
  await user.keyboard("{Meta>}{Enter}{/Meta}");
  const { send } = await stream();
  send("result", { ...QUEUED, status: "completed", outputs: [""] });
  expect(await (await panel()).findByText(/The model ended the text at once/)).toBeVisible();
  expect(await (await panel()).findByText("Text · ended by its length")).toBeVisible();
  await user.click(button("Keep this seed"));
  expect(button("Kept")).toHaveProperty("disabled", true);
  await user.click(button("Generate"));
  await waitFor(() => expect(bodies()).toHaveLength(2));
  expect(bodies()[1]).toEqual(bodies()[0]);
});

test("a text that is stopped keeps what was written, and the request is given up", async () => {
  const { user, all, stream } = open();
  await user.click(await screen.findByRole("button", { name: "Generate" }));
  const { send } = await stream();
  send("text", { type: "text", sequence: 0, text: "so far" });
  await waitFor(async () => expect(await texts()).toEqual(["so far"]));
  await user.click(button("Stop"));
  expect(await (await panel()).findByText("Stopped.")).toBeVisible();
  expect(await texts()).toEqual(["so far"]);
  expect(all.find(({ method }) => method === "POST")?.signal?.aborted).toBe(true);
});

test("a request that is stopped before anything was written says so", async () => {
  const { user } = open();
  await user.click(await screen.findByRole("button", { name: "Generate" }));
  expect(await (await panel()).findByText(/Waiting for the model/)).toBeVisible();
  await user.click(button("Stop"));
  expect(await (await panel()).findByText("Stopped. Nothing was written yet.")).toBeVisible();
});

test("a model that cannot be asked says why, and can be asked again", async () => {
  const { user, stream, bodies } = open();
  await user.click(await screen.findByRole("button", { name: "Generate" }));
  (await stream()).send("result", { ...QUEUED, status: "failed", message: "run r1 has no model any more" });
  expect(await (await panel()).findByText("Run r1 has no model any more.")).toBeVisible();
  await user.click(button("Try again"));
  await waitFor(() => expect(bodies()).toHaveLength(2));
  (await stream()).send("result", { ...QUEUED, status: "failed" });
  expect(await (await panel()).findByText("It failed, and nothing says why.")).toBeVisible();
});

test("a service that goes away in the middle is asked again until it has the answer", async () => {
  const answer = { ...QUEUED, status: "completed", outputs: ["so far, so good"] };
  let isAway = true;
  const { user, stream } = open({ [GET]: () => (isAway ? nothing() : answer) });
  await user.click(await screen.findByRole("button", { name: "Generate" }));
  const { send, breakOff } = await stream();
  send("text", { type: "text", sequence: 0, text: "so far" });
  expect(await (await panel()).findByText("so far")).toBeVisible();
  breakOff();
  expect(await (await panel()).findByText(/The service went away while it answered/)).toBeVisible();
  expect(await texts()).toEqual(["so far"]);
  isAway = false;
  await waitFor(async () => expect(await texts()).toEqual(["so far, so good"]));
  expect(screen.queryByText(/went away/)).toBeNull();
});

test("a service that is down from the start is said to be down", async () => {
  const { user } = open({ [POST]: nothing });
  await user.click(await screen.findByRole("button", { name: "Generate" }));
  expect(await (await panel()).findByText(/The service does not answer. Is it still running/)).toBeVisible();
});

test("after a long wait the page says what may be the reason", async () => {
  const { user } = open();
  await user.click(await screen.findByRole("button", { name: "Generate" }));
  expect(await (await panel()).findByText(/Waiting for the model/)).toBeVisible();
  vi.spyOn(Date, "now").mockReturnValue(Date.now() + 25_000);
  expect(await (await panel()).findByText(/or no worker runs/)).toBeVisible();
  vi.restoreAllMocks();
});

test("a setting that cannot be is refused in place, and nothing is asked", async () => {
  const { user, bodies } = open();
  await user.type((await panel()).getByLabelText("Temperature"), "3");
  expect(await (await panel()).findByText("Must be at most 2")).toBeVisible();
  expect(button("Generate")).toHaveProperty("disabled", true);
  await user.type(await prompt(), "x");
  await user.keyboard("{Control>}{Enter}{/Control}");
  expect(bodies()).toEqual([]);
  await user.clear((await panel()).getByLabelText("Temperature"));
  expect(button("Generate")).toHaveProperty("disabled", false);
});

test("folded settings say how many were changed, and unfold where one is refused", async () => {
  const { user, bodies } = open();
  const summary = await (await panel()).findByText("More settings");
  const details = summary.closest("details");
  await user.click(summary);
  await waitFor(() => expect(details?.open).toBe(true));
  await user.type((await panel()).getByLabelText("Stop at"), "END");
  await user.selectOptions((await panel()).getByLabelText("End with the text"), "No");
  expect(await (await panel()).findByText("More settings (2 changed)")).toBeVisible();
  await user.click(summary);
  await waitFor(() => expect(details?.open).toBe(false));
  await user.type((await panel()).getByLabelText("Top k"), "many");
  await waitFor(() => expect(details?.open).toBe(true));
  await user.clear((await panel()).getByLabelText("Top k"));
  expect(details?.open).toBe(true);
  await user.type((await panel()).getByLabelText("Stop at"), `{Enter}${"x".repeat(3)}`);
  await user.click(button("Generate"));
  await waitFor(() => expect(bodies()).toMatchObject([{ stop_on_eos: false, stop_sequences: ["END", "xxx"] }]));
});

test("too many texts to stop at are refused", async () => {
  const { user } = open();
  const list = (await panel()).getByLabelText("Stop at");
  await user.click(list);
  await user.paste(Array.from({ length: 65 }, String).join("\n"));
  expect(await (await panel()).findByText("Must be at most 64 strings")).toBeVisible();
  await user.click(await prompt());
  await user.paste("x".repeat((1 << 20) + 1));
  expect(await (await panel()).findByText(/Must have at most 1048576 characters/)).toBeVisible();
});

test("another run is another model: its answers are its own, and what was written stays", async () => {
  const { user, stream, router, all } = open();
  await user.type(await prompt(), "Once");
  await user.click(button("Generate"));
  (await stream()).send("text", { type: "text", sequence: 0, text: " upon" });
  expect(await (await panel()).findByText("upon", { exact: false })).toBeVisible();
  await user.selectOptions(screen.getByLabelText("Model"), "r0");
  expect(await (await panel()).findByText(/Nothing yet/)).toBeVisible();
  expect(router.state.location.search).toEqual({ run: "r0", mode: "generate" });
  expect(await prompt()).toHaveProperty("value", "Once");
  await waitFor(() => expect(all.find(({ method }) => method === "POST")?.signal?.aborted).toBe(true));
});

test("a refusal of the service is shown in its words", async () => {
  const { user } = open({ [POST]: refusal(429, "RATE_LIMIT_EXCEEDED", "200 jobs wait already") });
  await user.click(await screen.findByRole("button", { name: "Generate" }));
  expect(await (await panel()).findByText("200 jobs wait already.")).toBeVisible();
});

test("a run of the address is asked also where the list does not have it", async () => {
  const { user, all } = open({}, "/use?run=older%2Frun&mode=generate");
  expect(await screen.findByLabelText("Model")).toHaveProperty("value", "older/run");
  await user.click(button("Generate"));
  await waitFor(() => expect(all.some(({ path }) => path === "/runs/older%2Frun/generate")).toBe(true));
});

test("what is known of the chosen run stands beside it", async () => {
  const { user } = open();
  expect(await screen.findByText(/^gpt2 tiny · validation loss 4.7891 · finished \d+ d ago$/)).toBeVisible();
  await user.selectOptions(screen.getByLabelText("Model"), "r0");
  expect(await screen.findByText(/^finished \d+ d ago$/)).toBeVisible();
});

const EXPORTED = {
  model_id: "export~mine",
  name: "mine",
  model_type: "llama",
  bytes: 12_740_584,
  modified: "2026-01-01T00:00:00.000Z",
};

test("an exported model is listed beside the runs, and asked by its id", async () => {
  const { user, all } = open({
    "GET /exports": { models: [EXPORTED, { ...EXPORTED, model_id: "export~old", name: "old", model_type: null }] },
  });
  await screen.findByRole("option", { name: "mine" });
  expect(screen.getAllByRole("group").map((group) => group.getAttribute("label"))).toEqual(
    expect.arrayContaining(["Finished runs", "Exported models"]),
  );
  await user.selectOptions(screen.getByLabelText("Model"), "export~old");
  expect(await screen.findByText(/^12.2 MiB · written \d+ d ago$/)).toBeVisible();
  await user.selectOptions(screen.getByLabelText("Model"), "export~mine");
  expect(await screen.findByText(/^llama · 12.2 MiB · written \d+ d ago$/)).toBeVisible();
  await user.click(button("Generate"));
  await waitFor(() => expect(all.some(({ path }) => path === "/runs/export~mine/generate")).toBe(true));
});

test("all finished runs of the home can be asked, those of the command line too, which a list by cursor has not", async () => {
  open({ "GET /runs": ({ path }) => (path.includes("offset=0") ? RUNS : { runs: [], next: null }) });
  expect(await screen.findByRole("option", { name: "r0" })).toBeVisible();
});

test("without a finished run an exported model is asked", async () => {
  open({ "GET /runs": { runs: [], next: null }, "GET /exports": { models: [EXPORTED] } });
  expect(await screen.findByLabelText("Model")).toHaveProperty("value", "export~mine");
});

test("without a finished run the page says what to do", async () => {
  open({ "GET /runs": { runs: [], next: null } });
  expect(await screen.findByRole("heading", { name: "No model yet" })).toBeVisible();
});

test("runs that cannot be read are said to be so, and read again on demand", async () => {
  let isDown = true;
  const { user } = open({ "GET /runs": () => (isDown ? refusal(500, "INTERNAL_ERROR", "it broke") : RUNS) });
  expect(await screen.findByText("Reading the finished runs …")).toBeVisible();
  const retry = await screen.findByRole("button", { name: "Try again" });
  isDown = false;
  await user.click(retry);
  expect(await prompt()).toBeVisible();
});

test("a run of the address is asked also while the list cannot be read", async () => {
  const { user, all } = open({ "/runs": nothing }, "/use?run=r1");
  await user.type(await prompt(), "a");
  await user.click(button("Generate"));
  await waitFor(() => expect(all.some(({ path }) => path === "/runs/r1/generate")).toBe(true));
});
