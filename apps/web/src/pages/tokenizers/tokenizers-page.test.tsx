// @vitest-environment happy-dom
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { answering, nothing, refusal, type Answer } from "../../testing/answers.js";
import { openPage } from "../../testing/page.js";

const CAPABILITIES = {
  model_families: [],
  tokenizer_methods: [
    { name: "bpe", title: "Byte-level BPE", least_vocab_size: 260 },
    { name: "char", title: "Characters", least_vocab_size: null },
  ],
  devices: ["cpu"],
  optimizers: ["adamw"],
};
const unmeasured = { coverage: null, oov_rate: null, token_count: null, char_coverage: null };
const tokenizer = (id: string, status: string, more: object = {}) => ({
  tokenizer_id: id,
  artifact_path: `/home/tokenizers/${id}`,
  status,
  ...unmeasured,
  ...more,
});
const measured = {
  coverage: 1,
  oov_rate: 0.00001,
  token_count: 90,
  char_coverage: 0.99999,
  lost_share: 0.25,
  line_breaks: true,
};

test("tokenizers stand in a table with what was measured of them", async () => {
  answering({
    "GET /tokenizers": {
      tokenizers: [
        tokenizer("tok-3", "running"),
        tokenizer("tok-4", "running", { progress: 40 }),
        tokenizer("tok-2", "failed", { message: "the text is <b>empty</b>" }),
        tokenizer("tok-1", "completed", measured),
        tokenizer("tok-0", "completed", { ...measured, line_breaks: false }),
      ],
    },
  });
  openPage("/app/tokenizers");
  const table = within(await screen.findByRole("table"));
  const cells = (id: string) =>
    within(table.getByRole("row", { name: new RegExp(id) }))
      .getAllByRole("cell")
      .map(({ textContent }) => textContent);
  expect(cells("tok-3")).toEqual(["Training", "–", "–", "–", "–"]);
  expect(cells("tok-4")[0]).toBe("Training40 %");
  expect(table.getByRole("progressbar", { name: "Progress of tok-4" }).getAttribute("value")).toBe("40");
  expect(table.getAllByRole("progressbar")).toHaveLength(1);
  expect(cells("tok-2")[0]).toBe("Failedthe text is <b>empty</b>");
  expect(cells("tok-1")).toEqual(["Ready", "75 %", "< 0.01 %", "> 99.99 %", "kept"]);
  expect(cells("tok-0")[4]).toBe("lost");
});

test("one that is being made is followed to its end, without the page being read anew", async () => {
  let status = "queued";
  answering({ "GET /tokenizers": () => ({ tokenizers: [tokenizer("tok-1", status)] }) });
  openPage("/app/tokenizers");
  await screen.findByText("Waiting");
  status = "completed";
  expect(await screen.findByText("Ready")).toBeDefined();
});

test("a home without tokenizers shows the form at once", async () => {
  answering({ "GET /tokenizers": { tokenizers: [] }, "GET /capabilities": CAPABILITIES });
  openPage("/app/tokenizers");
  await screen.findByRole("heading", { name: "Train a tokenizer" });
  await waitFor(() => expect(screen.queryByLabelText("Extend")).toBeNull());
  expect(screen.queryByRole("button", { name: "Cancel" })).toBeNull();
  expect(screen.queryByRole("table")).toBeNull();
});

test("a list that cannot be read is said so, and read again", async () => {
  let answer: Answer = refusal(403, "FORBIDDEN", "not from here");
  answering({ "GET /tokenizers": () => answer });
  openPage("/app/tokenizers");
  await screen.findByText("Not from here.");
  answer = { tokenizers: [tokenizer("tok-1", "completed")] };
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("tok-1")).toBeDefined();
});

test("a list stays while the service is away", async () => {
  let answer: Answer = { tokenizers: [tokenizer("tok-1", "running")] };
  answering({ "GET /tokenizers": () => answer });
  openPage("/app/tokenizers");
  await screen.findByText("tok-1");
  answer = nothing();
  await screen.findByText(/The service does not answer/);
  expect(screen.getByText("tok-1")).toBeDefined();
});

/** The form, opened from the list. */
async function openForm(train: Answer) {
  const asked = answering({
    "GET /tokenizers": { tokenizers: [tokenizer("tok-1", "completed", measured)] },
    "GET /capabilities": CAPABILITIES,
    "POST /tokenizers/train": train,
  });
  const { router, user } = openPage("/app/tokenizers");
  await user.click(await screen.findByRole("button", { name: "Train a tokenizer" }));
  await screen.findByRole("option", { name: "Characters" });
  return { asked, user, router, bodies: () => asked.flatMap(({ method, body }) => (method === "POST" ? [body] : [])) };
}
const accepted = { tokenizer_id: "tok-9", artifact_path: "/x", coverage: null, oov_rate: null };
const train = () => screen.getByRole("button", { name: "Train" });

test("what differs from the defaults is sent, the form closes, and the new one is named", async () => {
  const { user, router, bodies } = await openForm(accepted);
  expect(router.state.location.search).toEqual({ train: true });
  await user.type(screen.getByLabelText("Text"), "books");
  await user.type(screen.getByLabelText("Vocabulary size"), "300");
  await user.type(screen.getByLabelText("Part kept apart"), "0.2");
  await user.selectOptions(screen.getByLabelText("Document"), "file");
  await user.click(train());
  await screen.findByText(/tok-9 is being trained/);
  expect(bodies()).toEqual([{ corpus_path: "books", vocab_size: 300, holdout_fraction: 0.2, document: "file" }]);
  await waitFor(() => expect(router.state.location.search).toEqual({}));
  expect(screen.queryByRole("heading", { name: "Train a tokenizer" })).toBeNull();
});

test("what is missing is said at its field, which is gone to, and nothing is sent", async () => {
  const { user, bodies } = await openForm(accepted);
  expect(screen.queryByText("Name a text to train on.")).toBeNull();
  await user.click(train());
  const text = screen.getByLabelText("Text");
  expect(text.getAttribute("aria-invalid")).toBe("true");
  expect(document.activeElement).toBe(text);
  screen.getByText("Name a text to train on.");
  expect(bodies()).toEqual([]);
});

test("a wrong value in a folded field unfolds it", async () => {
  const { user } = await openForm(accepted);
  await user.type(screen.getByLabelText("Text"), "books");
  await user.type(screen.getByLabelText("Seed"), "-1");
  screen.getByText("Must be >= 0.");
  screen.getByText("More options").closest("details")?.removeAttribute("open");
  await user.click(train());
  expect(document.activeElement).toBe(screen.getByLabelText("Seed"));
  expect(screen.getByText("More options").closest("details")?.open).toBe(true);
});

test("the size is bound by the method, and not asked where the text decides", async () => {
  const { user, bodies } = await openForm(accepted);
  await user.type(screen.getByLabelText("Text"), "books");
  await user.type(screen.getByLabelText("Vocabulary size"), "200");
  screen.getByText("Must be >= 260.");
  await user.selectOptions(screen.getByLabelText("Method"), "char");
  expect(screen.queryByLabelText("Vocabulary size")).toBeNull();
  await user.click(train());
  await screen.findByText(/tok-9 is being trained/);
  expect(bodies()).toEqual([{ corpus_path: "books", method: "char" }]);
});

test("one that is ready is extended: how many tokens it gets is asked, and neither a method nor a size", async () => {
  const { user, bodies } = await openForm(accepted);
  await user.type(screen.getByLabelText("Text"), "books");
  await user.selectOptions(screen.getByLabelText("Method"), "char");
  expect(screen.queryByLabelText("Tokens to add")).toBeNull();
  await user.selectOptions(screen.getByLabelText("Extend"), "tok-1");
  expect([screen.queryByLabelText("Method"), screen.queryByLabelText("Vocabulary size")]).toEqual([null, null]);
  await user.type(screen.getByLabelText("Tokens to add"), "0");
  screen.getByText("Must be >= 1.");
  await user.clear(screen.getByLabelText("Tokens to add"));
  await user.type(screen.getByLabelText("Tokens to add"), "500");
  await user.click(train());
  await screen.findByText(/tok-9 is being trained/);
  expect(bodies()).toEqual([{ corpus_path: "books", base_tokenizer_id: "tok-1", add_tokens: 500 }]);
});

test("a refusal stands at the field that it speaks of until that is changed", async () => {
  const { user } = await openForm(refusal(404, "CORPUS_NOT_FOUND", "corpus_path names no text: nope.txt"));
  await user.type(screen.getByLabelText("Text"), "nope.txt");
  await user.click(train());
  const said = await screen.findByText("Corpus_path names no text: nope.txt.");
  expect(screen.getByLabelText("Text").getAttribute("aria-describedby")).toContain(said.id);
  await user.type(screen.getByLabelText("Text"), "x");
  await waitFor(() => expect(screen.queryByText(/names no text/)).toBeNull());
});

test("a service that is full or away is said below the form, which stays", async () => {
  const { user } = await openForm(nothing());
  await user.type(screen.getByLabelText("Text"), "books");
  await user.click(train());
  await screen.findByText(/The tokenizer is not trained/);
  expect(screen.getByLabelText("Text")).toHaveProperty("value", "books");
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(screen.queryByLabelText("Text")).toBeNull());
});

test("a queue that is full is said below the form too", async () => {
  const { user } = await openForm(refusal(429, "RATE_LIMIT_EXCEEDED", "10 jobs wait already"));
  await user.type(screen.getByLabelText("Text"), "books");
  await user.click(train());
  expect((await screen.findByRole("alert")).textContent).toBe("The tokenizer is not trained. 10 jobs wait already.");
});

test("the method is written where the names of the methods cannot be read", async () => {
  const asked = answering({ "GET /tokenizers": { tokenizers: [] }, "POST /tokenizers/train": accepted });
  openPage("/app/tokenizers");
  await userEvent.type(await screen.findByLabelText("Text"), "books");
  await userEvent.type(screen.getByLabelText("Method"), "char");
  await userEvent.click(train());
  await screen.findByText(/tok-9 is being trained/);
  expect(asked.find(({ method }) => method === "POST")?.body).toEqual({ corpus_path: "books", method: "char" });
});

test("the text is chosen of those that there are, a folder as well", async () => {
  const entry = (name: string, kind: string, files: number) => ({ name, kind, files, bytes: 2048, modified_at: "" });
  const asked = answering({
    "GET /tokenizers": { tokenizers: [] },
    "GET /capabilities": CAPABILITIES,
    "GET /corpora": { corpora: [entry("a.txt", "file", 1), entry("books", "folder", 2), entry("one", "folder", 1)] },
    "POST /tokenizers/train": accepted,
  });
  const { user } = openPage("/app/tokenizers");
  await screen.findByRole("option", { name: "books · 2 files, 2.0 KiB" });
  const text = screen.getByLabelText("Text");
  expect(
    within(text)
      .getAllByRole("option")
      .map(({ textContent }) => textContent),
  ).toEqual(["Choose a text", "a.txt · 2.0 KiB", "books · 2 files, 2.0 KiB", "one · 1 file, 2.0 KiB"]);
  await user.selectOptions(text, "books");
  await user.click(train());
  await screen.findByText(/tok-9 is being trained/);
  expect(asked.find(({ method }) => method === "POST")?.body).toEqual({ corpus_path: "books" });
});
