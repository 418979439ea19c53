// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { answering, nothing, refusal } from "../../testing/answers.js";
import { eventStream } from "../../testing/event-stream.js";
import { listedTokenizer } from "../../testing/listed-tokenizer.js";
import { openPage } from "../../testing/page.js";

await import("./new-run-page.js"); // pages are loaded when they are opened: not within the time of the first test

const CAPABILITIES = {
  model_families: [
    {
      name: "gpt2",
      title: "GPT-2",
      sizes: ["tiny", "small"],
      dimensions: ["n_layer", "n_embd", "embd_pdrop"],
      precisions: ["fp32"],
      tokenizer_method: "bpe",
    },
    { name: "char_lstm", title: "Character LSTM", sizes: ["mini"], precisions: ["fp32"], tokenizer_method: "char" },
  ],
  tokenizer_methods: [
    { name: "bpe", title: "Byte-level BPE", least_vocab_size: 260 },
    { name: "char", title: "Characters", least_vocab_size: null },
  ],
  devices: ["cpu"],
  optimizers: ["adamw", "sgd"],
};
const RUN = { run_id: "gpt2-tiny-1", job_id: "gpt2-tiny-1" };
const service = (more: Parameters<typeof answering>[0] = {}) =>
  answering({
    "GET /capabilities": CAPABILITIES,
    "GET /tokenizers": { tokenizers: [listedTokenizer("tok-2", "running"), listedTokenizer("tok-1", "completed")] },
    "POST /runs/train": RUN,
    "POST /runs/estimate": () => eventStream().response, // it is still measured
    ...more,
  });

const start = () => screen.getByRole("button", { name: "Start training" });
const text = () => screen.findByRole("textbox", { name: "Text" });
/** What was sent to be done: what is only measured does not count. */
const sent = (all: ReturnType<typeof service>) =>
  all.filter(({ method, path }) => method === "POST" && path !== "/runs/estimate");
const way = (title: string) =>
  within(screen.getByRole("tabpanel", { name: title })).getByText(/./, { selector: "pre" });

test("a text is all that a first training needs, and the page goes on to its run", async () => {
  const all = service();
  const { router, user } = openPage("/app/new-run");
  fireEvent.change(await text(), { target: { value: "book.txt" } });
  await screen.findByRole("radio", { name: "GPT-2", checked: true });
  await user.click(start());
  await waitFor(() => expect(router.state.location.pathname).toBe("/runs/gpt2-tiny-1"));
  expect(sent(all).map(({ path, body }) => [path, body])).toEqual([
    [
      "/runs/train",
      {
        corpus_path: "book.txt",
        document: "file",
        document_separator: "auto",
        eval_tokens: 2_000_000,
        model_size: "tiny",
        max_seq_len: 256,
        batch_size: 16,
        tokenizer_method: "bpe",
      },
    ],
  ]);
  expect(sessionStorage.getItem("trainer.new-run")).toBeNull();
});

test("without a text nothing is sent, and the page leads to where one is chosen", async () => {
  const all = service();
  const { user } = openPage("/app/new-run");
  const input = await text();
  expect(screen.queryByText("Choose a text to train on.")).toBeNull();
  await user.click(start());
  expect(await screen.findByText("Choose a text to train on.")).toBeDefined();
  expect(document.activeElement).toBe(input);
  expect(screen.getByRole("alert").textContent).toContain("One setting needs a change");
  await user.type(screen.getByRole("textbox", { name: "Batch size" }), "x");
  expect(screen.getByRole("alert").textContent).toContain("2 settings need a change");
  expect(sent(all)).toEqual([]);
});

test("a value that is refused says so at once, in its place, and the command, curl and the reload keep it", async () => {
  service();
  const { router, user } = openPage("/app/new-run");
  const passes = await screen.findByRole("textbox", { name: "Times through the text" });
  await user.clear(passes);
  await user.type(passes, "0");
  expect(passes.getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByText("Must be >= 1.")).toBeDefined();
  await user.clear(passes);
  await user.type(passes, "3");
  expect(passes.getAttribute("aria-invalid")).toBe("false");
  expect(way("Command").textContent).toContain("--num-epochs 3");
  await user.click(screen.getByRole("tab", { name: "curl" }));
  expect(way("curl").textContent).toContain('"num_epochs": 3');
  await user.click(screen.getByRole("tab", { name: "TOML" }));
  expect(way("TOML").textContent).toContain("num_epochs = 3\n");
  await router.navigate({ to: "/runs" });
  await router.navigate({ to: "/new-run" });
  expect(await screen.findByDisplayValue("3")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Begin anew" }));
  await waitFor(() => expect(screen.queryByDisplayValue("3")).toBeNull());
});

test("a refusal of the service stands at the setting that it names, which is opened, and goes when it is changed", async () => {
  service({ "POST /runs/train": refusal(400, "INVALID_INPUT", "gradient_clipping must be kind") });
  const { user } = openPage("/app/new-run");
  fireEvent.change(await text(), { target: { value: "book.txt" } });
  expect(screen.queryByRole("textbox", { name: "Seed" })).toBeNull();
  await user.click(start());
  expect(await screen.findByText("Must be kind.")).toBeDefined();
  const input = screen.getByRole("textbox", { name: "Largest gradient norm" });
  await waitFor(() => expect(document.activeElement).toBe(input));
  await user.type(input, "2");
  await waitFor(() => expect(screen.queryByText("Must be kind.")).toBeNull());
});

test("own dimensions are sent by their names, are put away with their architecture, and are where their refusal stands", async () => {
  const all = service({ "POST /runs/train": refusal(400, "INVALID_INPUT", "model_config: 5 heads do not divide 256") });
  const { user } = openPage("/app/new-run");
  fireEvent.change(await text(), { target: { value: "book.txt" } });
  await user.click(await screen.findByRole("button", { name: /Own dimensions/ }));
  await user.type(screen.getByRole("textbox", { name: "N layer" }), "3");
  await user.type(screen.getByRole("textbox", { name: "Embd pdrop" }), "0.2");
  expect(screen.getByRole("button", { name: /Own dimensions.*2 changed/ })).toBeDefined();
  expect(way("Command").textContent).toContain("--n-layer 3");
  expect(screen.getByText(/It has no flags for embd_pdrop/)).toBeDefined();
  await user.click(start());
  expect(await screen.findByText("5 heads do not divide 256.")).toBeDefined();
  expect(sent(all)[0]?.body).toMatchObject({ model_config: { n_layer: 3, embd_pdrop: 0.2 } });
  await user.click(screen.getByRole("radio", { name: "Character LSTM" }));
  expect(screen.queryByRole("button", { name: /Own dimensions/ })).toBeNull();
  expect(screen.getByRole("radio", { name: "mini", checked: true })).toBeDefined();
  expect(way("Command").textContent).not.toContain("--n-layer");
  await user.click(screen.getByRole("radio", { name: "GPT-2" }));
  await user.click(screen.getByRole("radio", { name: "small" }));
  await user.click(screen.getByRole("radio", { name: "tiny" }));
  expect(screen.getByRole("radio", { name: "tiny", checked: true })).toBeDefined();
});

test("after an answer that was lost the same request goes under the same key, a changed one under another", async () => {
  let isAway = true;
  const all = service({ "POST /runs/train": () => (isAway ? nothing() : RUN) });
  const { router, user } = openPage("/app/new-run");
  fireEvent.change(await text(), { target: { value: "book.txt" } });
  await user.click(start());
  expect(await screen.findByText(/The run did not start/)).toBeDefined();
  await user.click(start());
  await waitFor(() => expect(sent(all)).toHaveLength(2));
  await screen.findByText(/The run did not start/);
  await user.click(screen.getByRole("radio", { name: "small" }));
  expect(screen.queryByText(/The run did not start/)).toBeNull();
  isAway = false;
  await user.click(start());
  await waitFor(() => expect(router.state.location.pathname).toBe("/runs/gpt2-tiny-1"));
  const keys = sent(all).map(({ headers }) => headers["Idempotency-Key"]);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

test("a trained tokenizer takes the place of one to be trained, and other weights bring theirs", async () => {
  service();
  const { user } = openPage("/app/new-run");
  const chosen = await screen.findByRole("combobox", { name: "Tokenizer" });
  expect(within(chosen).queryByRole("option", { name: "tok-2" })).toBeNull();
  expect(screen.getByRole("textbox", { name: "Vocabulary size" })).toBeDefined();
  await user.selectOptions(chosen, await within(chosen).findByRole("option", { name: "tok-1" }));
  expect(screen.queryByRole("textbox", { name: "Vocabulary size" })).toBeNull();
  expect(way("Command").textContent).toContain("--tokenizer tok-1");
  await user.click(screen.getByRole("button", { name: /Fine-tuning/ }));
  await user.type(screen.getByRole("textbox", { name: "Start from the weights of a run" }), "run-1");
  expect(screen.queryByRole("combobox", { name: "Tokenizer" })).toBeNull();
  expect(screen.getByRole("button", { name: /Fine-tuning.*1 changed/ })).toBeDefined();
  expect(screen.getByText(/It starts from the weights of/).textContent).toContain("run-1");
  expect(screen.queryByRole("textbox", { name: "Context length" })).toBeNull();
  expect(screen.getByRole("radio", { name: "GPT-2" })).toBeDefined();
  expect(way("Command").textContent).toMatch(/--pretrained(-run-id)? run-1/);
  expect(way("Command").textContent).not.toContain("--max-seq-len");
});

test("every other setting is found by a word of its name or its help", async () => {
  service();
  const { user } = openPage("/app/new-run");
  const search = await screen.findByRole("searchbox", { name: "Search the settings" });
  await user.type(search, "early validations");
  expect(screen.getByRole("textbox", { name: "Patience" })).toBeDefined();
  expect(screen.queryByRole("button", { name: /Machine/ })).toBeNull();
  await user.clear(search);
  await user.type(search, "learning rate");
  expect(screen.getByText(/Further up:.*Learning rate/)).toBeDefined();
  await user.clear(search);
  await user.type(search, "zzz");
  expect(screen.getByText(/No setting has these words/)).toBeDefined();
  await user.clear(search);
  await user.click(screen.getByRole("button", { name: /Machine/ }));
  await user.selectOptions(screen.getByRole("combobox", { name: "Deterministic" }), "Yes");
  expect(way("Command").textContent).toContain("--deterministic");
  await user.selectOptions(screen.getByRole("combobox", { name: "Deterministic" }), "No");
  expect(way("Command").textContent).not.toContain("deterministic");
});

test("a setting follows the one that it needs, and is of use only with it", async () => {
  service();
  const { user } = openPage("/app/new-run");
  await user.click(await screen.findByRole("button", { name: /Distillation/ }));
  const teacher = screen.getByRole("textbox", { name: "Learn from the model of a run" });
  const weight = screen.getByRole("textbox", { name: "Part of the teacher" });
  expect(teacher.compareDocumentPosition(weight)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
  expect(weight).toHaveProperty("disabled", true);
  expect(screen.getAllByText(/Only with “Learn from the model of a run”\./)).toHaveLength(4);
  await user.type(teacher, "wise");
  await user.type(weight, "0.9");
  expect(way("Command").textContent).toContain("--kd-weight 0.9");
  expect(screen.queryByText(/Only with “Learn/)).toBeNull();
  await user.clear(teacher);
  expect(weight).toHaveProperty("disabled", false); // so that it can be cleared
});

test("the command is copied, and where a browser lets no page copy that is said", async () => {
  service();
  const { user } = openPage("/app/new-run");
  await user.click(await screen.findByRole("button", { name: "Copy Command" }));
  expect(await screen.findByRole("button", { name: "Copied" })).toBeDefined();
  expect(await navigator.clipboard.readText()).toBe(way("Command").textContent);
  await user.click(screen.getByRole("tab", { name: "curl" }));
  Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true });
  await user.click(screen.getByRole("button", { name: "Copy curl" }));
  expect(await screen.findByRole("button", { name: /Not copied/ })).toBeDefined();
});

test("a number that begins as the default does can be written", async () => {
  service();
  const { user } = openPage("/app/new-run");
  const batch = await screen.findByRole("textbox", { name: "Batch size" });
  await user.clear(batch);
  await user.type(batch, "42");
  expect(batch).toHaveProperty("value", "42");
});

test("a preset sets what nobody has set, and says what it is for", async () => {
  service();
  const { user } = openPage("/app/new-run");
  await user.click(await screen.findByRole("radio", { name: "Quick try" }));
  expect(screen.getByText(/200 short steps/)).toBeDefined();
  expect(screen.getByRole("textbox", { name: "Steps" })).toHaveProperty("value", "200");
  expect(screen.getByText("200 steps")).toBeDefined();
});

const MANIFEST = {
  run_id: "run-1",
  status: "completed",
  config: {
    corpus_paths: ["/home/corpus/book.txt"],
    model_family: "gone_family",
    optimizer: "gone_optimizer",
    batch_size: 8,
    tokenizer: "tok-9",
    lr_schedule: "cosine",
  },
};

test("the settings of a run are cloned once: what is changed then survives a reload", async () => {
  const all = service({ "GET /runs/run-1/manifest": MANIFEST });
  const { router, user } = openPage("/app/new-run?from=run-1");
  expect(await text()).toHaveProperty("value", "book.txt");
  expect(screen.getByRole("combobox", { name: "Tokenizer" })).toHaveProperty("value", "tok-9");
  expect(screen.getByText("gone_family, small")).toBeDefined();
  await user.click(await screen.findByRole("radio", { name: "GPT-2" }));
  await user.type(screen.getByRole("searchbox"), "optimizer");
  expect(screen.getByRole("option", { name: "gone_optimizer" })).toBeDefined();
  const batch = screen.getByRole("textbox", { name: "Batch size" });
  await user.clear(batch);
  await user.type(batch, "2");
  await router.navigate({ to: "/runs" });
  await router.navigate({ to: "/new-run", search: { from: "run-1" } });
  expect(await screen.findByRole("textbox", { name: "Batch size" })).toHaveProperty("value", "2");
  expect(all.filter(({ path }) => path.endsWith("/manifest"))).toHaveLength(1);
  await user.click(screen.getByRole("button", { name: "Begin anew" }));
  await waitFor(() => expect(router.state.location.search).toEqual({}));
  expect(await text()).toHaveProperty("value", "");
});

test("a run is trained on from its weights: what these bring is not chosen, and how long is", async () => {
  const all = service({ "GET /runs/run-1/manifest": MANIFEST });
  const { router, user } = openPage("/app/new-run?from=run-1&train_on=true");
  expect(await text()).toHaveProperty("value", "book.txt");
  const sentence = screen.getByText(/^A new run that begins with the weights of/);
  expect(sentence.textContent).toContain("the old run stays as it is");
  expect(within(sentence).getByRole("link", { name: "run-1" }).getAttribute("href")).toBe("/app/runs/run-1");
  expect(screen.getByText("Starts from").nextElementSibling?.textContent).toBe("run-1");
  for (const name of ["Architecture", "Preset"]) expect(screen.queryByRole("group", { name })).toBeNull();
  expect(screen.queryByRole("textbox", { name: "Context length" })).toBeNull();
  expect(screen.queryByRole("combobox", { name: "Tokenizer" })).toBeNull();
  await user.type(screen.getByRole("textbox", { name: "Steps" }), "20");

  await router.navigate({ to: "/runs" });
  await router.navigate({ to: "/new-run", search: { from: "run-1", train_on: true } });
  expect(await screen.findByRole("textbox", { name: "Steps" })).toHaveProperty("value", "20");
  await user.click(start());
  await waitFor(() => expect(router.state.location.pathname).toBe("/runs/gpt2-tiny-1"));
  expect(sent(all).map(({ body }) => body)).toEqual([
    {
      corpus_path: "book.txt",
      model_family: "gone_family",
      optimizer: "gone_optimizer",
      lr_schedule: "cosine",
      batch_size: 8,
      max_steps: 20,
      finetune_lr_cap: 0.0005,
      pretrained_run_id: "run-1",
    },
  ]);
});

test("to train on and to clone the same run are two things", async () => {
  service({ "GET /runs/run-1/manifest": MANIFEST });
  const { router } = openPage("/app/new-run?from=run-1&train_on=true");
  await screen.findByText(/^A new run that begins with the weights of/);
  await router.navigate({ to: "/new-run", search: { from: "run-1" } });
  expect(await screen.findByRole("group", { name: "Preset" })).toBeDefined();
  expect(screen.queryByText(/weights of/)).toBeNull();
});

test("a run of a file of the file service is cloned with its id", async () => {
  const id = "f".repeat(64);
  service({ "GET /runs/run-2/manifest": { ...MANIFEST, config: { corpus_file_id: id } } });
  openPage("/app/new-run?from=run-2");
  const input = await screen.findByRole("textbox", { name: "File of the file service" });
  expect(input).toHaveProperty("value", id);
  fireEvent.change(input, { target: { value: "" } });
  expect(await text()).toHaveProperty("value", "");
});

test("settings that cannot be read say why, and are read on demand", async () => {
  let isThere = false;
  service({
    "GET /runs/run-1/manifest": () => (isThere ? MANIFEST : refusal(404, "RUN_NOT_FOUND", "there is no run run-1")),
  });
  const { user } = openPage("/app/new-run?from=run-1");
  expect(await screen.findByText(/There is no run run-1/)).toBeDefined();
  isThere = true;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await text()).toHaveProperty("value", "book.txt");
});

test("while the service does not say what there is, names can be written all the same", async () => {
  service({ "GET /capabilities": nothing(), "GET /tokenizers": nothing() });
  const { user } = openPage("/app/new-run");
  await user.type(await screen.findByRole("textbox", { name: "Architecture" }), "llama");
  expect(screen.getByText("llama, tiny")).toBeDefined();
});

test("a refusal that names no setting stands by itself", async () => {
  service({ "POST /runs/train": refusal(429, "QUEUE_FULL", "too many runs wait already") });
  const { user } = openPage("/app/new-run");
  fireEvent.change(await text(), { target: { value: "book.txt" } });
  await user.click(start());
  expect(await screen.findByText(/Too many runs wait already/)).toBeDefined();
});

test("a training is measured as soon as it could be sent, and not before", async () => {
  const all = service();
  openPage("/app/new-run");
  const measured = () => all.filter(({ path }) => path === "/runs/estimate");
  expect(await screen.findByText(/are shown here once a text is chosen/)).toBeDefined();
  fireEvent.change(await text(), { target: { value: "book.txt" } });
  expect(await screen.findByText(/Measuring size, memory and time/)).toBeDefined();
  await waitFor(() => expect(measured()).toHaveLength(1));
  expect(measured()[0]?.body).toMatchObject({ corpus_path: "book.txt", batch_size: 16 });
  fireEvent.change(screen.getByRole("textbox", { name: "Batch size" }), { target: { value: "0" } });
  expect(await screen.findByText(/are shown here once a text is chosen/)).toBeDefined();
});
