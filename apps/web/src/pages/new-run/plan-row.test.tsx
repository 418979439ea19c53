// @vitest-environment happy-dom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { answering, refusal } from "../../testing/answers.js";
import { eventStream } from "../../testing/event-stream.js";
import { openPage } from "../../testing/page.js";

await import("./new-run-page.js"); // pages are loaded when they are opened: not within the time of the first test

const CAPABILITIES = {
  model_families: [
    {
      name: "gpt2",
      title: "GPT-2",
      sizes: ["tiny", "small"],
      dimensions: ["n_layer", "n_embd"],
      precisions: ["fp32"],
      tokenizer_method: "bpe",
    },
  ],
  tokenizer_methods: [{ name: "bpe", title: "Byte-level BPE", least_vocab_size: 260 }],
  devices: ["cpu"],
  optimizers: ["adamw"],
};
const service = (more: Parameters<typeof answering>[0]) =>
  answering({
    "GET /capabilities": CAPABILITIES,
    "GET /tokenizers": { tokenizers: [] },
    "POST /runs/train": { run_id: "gpt2-tiny-1", job_id: "gpt2-tiny-1" },
    "POST /runs/estimate": () => eventStream().response, // it is still measured
    ...more,
  });

const start = () => screen.getByRole("button", { name: "Start training" });
const text = () => screen.findByRole("textbox", { name: "Text" });
const sent = (all: ReturnType<typeof service>) =>
  all.filter(({ method, path }) => method === "POST" && path !== "/runs/estimate");

const PLANNED = {
  request_id: "p1",
  status: "completed",
  request: { tokenizer_method: "bpe" },
  options: { model_family: "gpt2", model_size: "tiny", model_config: { n_layer: 3 }, max_seconds: 90, batch_size: 2 },
  parameters: 950_000,
  steps: 3900,
  bits_per_byte: 2.5,
};
/** The events of a question whose answer is there. */
const told = (result: object) => {
  const queued = JSON.stringify({ status: "queued", request_id: "p1" });
  return new Response(`event: accepted\ndata: ${queued}\n\nevent: result\ndata: ${JSON.stringify(result)}\n\n`);
};

test("a plan fills what nobody has set, until another preset or model is chosen", async () => {
  const all = service({ "POST /plan": () => told(PLANNED), "GET /plans/p1": PLANNED });
  const { router, user } = openPage("/app/new-run");
  const button = await screen.findByRole("button", { name: "Plan" });
  expect(button).toHaveProperty("disabled", true); // there is no text yet
  fireEvent.change(await text(), { target: { value: "book.txt" } });
  fireEvent.change(screen.getByRole("textbox", { name: "Learning rate" }), { target: { value: "0.01" } });
  const minutes = screen.getByRole("textbox", { name: "Minutes to train" });
  fireEvent.change(minutes, { target: { value: "soon" } });
  expect(button).toHaveProperty("disabled", true);
  fireEvent.change(minutes, { target: { value: "1.5" } });
  await user.click(button);
  expect(await screen.findByText(/^Planned: 950K parameters, 3,900 steps, about 2.5000 bits per byte/)).toBeVisible();
  expect(sent(all).map(({ path, body }) => [path, body])).toEqual([
    [
      "/plan",
      { corpus_path: "book.txt", document: "file", document_separator: "auto", learning_rate: 0.01, seconds: 90 },
    ],
  ]);
  expect(screen.getByRole("textbox", { name: "Batch size" })).toHaveProperty("value", "2");
  expect(screen.getByRole("radio", { name: "Suits the text" })).toHaveProperty("checked", false);
  await user.click(screen.getByRole("radio", { name: "tiny" }));
  await user.click(screen.getByRole("radio", { name: "small" }));
  expect(screen.getByRole("textbox", { name: "Batch size" })).toHaveProperty("value", "16");
  await user.click(button);
  await screen.findByText(/^Planned:/);
  await user.click(start());
  await waitFor(() => expect(router.state.location.pathname).toBe("/runs/gpt2-tiny-1"));
  expect(sent(all).at(-1)?.body).toEqual({
    corpus_path: "book.txt",
    document: "file",
    document_separator: "auto",
    tokenizer_method: "bpe",
    model_config: { n_layer: 3 },
    max_seconds: 90,
    batch_size: 2,
    learning_rate: 0.01,
  });
});

test("a plan whose connection breaks is asked for again, and where no worker makes it that is said", async () => {
  const stream = eventStream();
  service({ "POST /plan": () => stream.response, "GET /plans/p1": PLANNED });
  const { user } = openPage("/app/new-run");
  fireEvent.change(await text(), { target: { value: "book.txt" } });
  const button = screen.getByRole("button", { name: "Plan" });
  await user.click(button);
  expect(screen.getByText("Steps of a few models are measured …")).toBeVisible();
  expect(button).toHaveProperty("disabled", true);
  stream.send("accepted", { status: "queued", request_id: "p1" });
  stream.end();
  expect(await screen.findByText(/^Planned:/)).toBeVisible();
  vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort());
  await user.click(button);
  expect(await screen.findByText(/No worker has answered within 10 minutes/)).toBeVisible();
  vi.restoreAllMocks();
});

test("why there is no plan is said where it was asked for, and a preset is chosen over a plan", async () => {
  let answer: () => Response = () => refusal(404, "CORPUS_NOT_FOUND", "corpus_path leads to no text");
  service({ "POST /plan": () => answer(), "GET /plans/p1": PLANNED });
  const { user } = openPage("/app/new-run");
  fireEvent.change(await text(), { target: { value: "book.txt" } });
  await user.click(screen.getByRole("button", { name: "Plan" }));
  expect(await screen.findByText(/corpus_path leads to no text/i)).toBeVisible();
  answer = () => told(PLANNED);
  await user.click(screen.getByRole("button", { name: "Plan" }));
  await screen.findByText(/^Planned:/);
  await user.click(screen.getByRole("radio", { name: "Quick try" }));
  expect(screen.queryByText(/^Planned:/)).toBeNull();
  expect(screen.getByRole("textbox", { name: "Steps" })).toHaveProperty("value", "200");
});
