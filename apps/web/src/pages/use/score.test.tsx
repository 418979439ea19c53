// @vitest-environment happy-dom
import { screen, waitFor, within } from "@testing-library/react";
import { expect, onTestFinished, test, vi } from "vitest";
import { askModel, QUEUED } from "../../testing/asked-model.js";

const SCORE = {
  ...QUEUED,
  status: "completed",
  loss: 1.5,
  perplexity: 4.48,
  begin_tokens: ["<s>"],
  tokens: ["", "To", " b", "e\n", "or"],
  offsets: [0, 0, 2, 4, 6],
  surprisal: [0.5, 3, 14, 0.25],
  topk: [
    [["To", 0.7]],
    [
      ["", 0.4],
      [" it", 0.00001],
    ],
    [["e\n", 0.0001]],
    [["or", 0.84]],
    [],
  ],
};

/** Has a text scored with this answer. */
async function scored(answer: object) {
  const opened = askModel("score");
  await opened.user.type(await screen.findByLabelText("Text to score"), "To be");
  await opened.user.click(screen.getByRole("button", { name: "Score" }));
  (await opened.stream()).send("result", answer);
  return opened;
}

const heat = () => screen.findByRole("listbox", { name: "Text by surprisal" });
const looked = () =>
  within(screen.getByRole("complementary"))
    .getAllByText(/./)
    .map(({ textContent }) => textContent);
const rows = (name: RegExp) =>
  within(screen.getByRole("region", { name }))
    .getAllByRole("row")
    .map(({ textContent }) => textContent);

test("a text is asked for in its parts, with some alternatives", async () => {
  const { user, bodies } = askModel("score");
  expect(await screen.findByRole("button", { name: "Score" })).toBeDisabled();
  await user.type(screen.getByLabelText("Text to score"), "To be");
  await user.clear(screen.getByLabelText("Alternatives to list"));
  await user.type(screen.getByLabelText("Alternatives to list"), "3");
  await user.click(screen.getByRole("button", { name: "Score" }));
  expect(bodies()).toEqual([{ text: "To be", detail_level: "per_char", top_k: 3 }]);
});

test("a scored text is coloured by its surprisal, which the arrow keys and the pointer tell", async () => {
  const { user } = await scored(SCORE);
  const list = await heat();
  expect(screen.getByText("1.5000 nats per token")).toBeVisible();
  const parts = within(list).getAllByRole("option");
  expect(parts.map(({ textContent }) => textContent)).toEqual(["<s>", "To", " b", "e↵\n", "or"]);
  expect(parts.map((part) => part.getAttribute("aria-label"))).toEqual([
    "<s>: not foreseen by anything",
    "To: 0.50 bits",
    "␣b: 3.00 bits",
    "e line end: 14.0 bits",
    "or: 0.25 bits",
  ]);
  const warmth = parts.map(({ className }) => /heat(\d)/.exec(className)?.[1]);
  expect(warmth).toEqual(["0", "0", "2", "6", "0"]);

  list.focus();
  await user.keyboard("{ArrowRight}{ArrowDown}");
  expect(looked()).toContain("3.00 bits – a chance of 13 %");
  expect(looked()).toEqual(expect.arrayContaining(["(special token)", "40 %", "␣it", "below 0.01 %"]));
  expect(list.getAttribute("aria-activedescendant")).toBe(parts[2]?.id);
  expect(parts[2]?.getAttribute("aria-selected")).toBe("true");
  await user.keyboard("{End}{ArrowRight}x");
  expect(looked()).toContain("0.25 bits – a chance of 84 %");
  await user.keyboard("{ArrowLeft}{ArrowUp}");
  expect(looked()).toContain("3.00 bits – a chance of 13 %");
  await user.keyboard("{Home}{ArrowLeft}");
  expect(looked()).toContain("not foreseen by anything");
  await user.hover(within(list).getByText("or"));
  expect(looked()).toContain("0.25 bits – a chance of 84 %");
});

test("a text can be looked at by word and by character, as a table and by line", async () => {
  const { user } = await scored(SCORE);
  await heat();
  await user.selectOptions(screen.getByLabelText("By"), "Word");
  const words = within(await heat()).getAllByRole("option");
  expect(words.map(({ textContent }) => textContent)).toEqual(["To", " be", "↵\n", "or"]);
  await user.selectOptions(screen.getByLabelText("By"), "Character");
  expect(within(await heat()).getAllByRole("option")).toHaveLength(8);
  await user.selectOptions(screen.getByLabelText("Show"), "Table");
  await user.selectOptions(screen.getByLabelText("By"), "Token");
  expect(rows(/Parts of the text/).slice(0, 3)).toEqual(["PlaceTextBitsLikeliest here", "1<s>–", "1To0.50To 70 %"]);
  await user.selectOptions(screen.getByLabelText("Show"), "Sums by line");
  expect(rows(/Lines of the text/).slice(1)).toEqual(["1617.52.92To be", "220.250.13or"]);
  expect(screen.queryByLabelText("By")).toBeNull();
});

test("what is looked at is saved as a table for other programs", async () => {
  const saved: [name: string, blob: Blob][] = [];
  let blob = new Blob();
  vi.spyOn(URL, "createObjectURL").mockImplementation((given) => {
    if (given instanceof Blob) blob = given;
    return "blob:it";
  });
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function click(this: HTMLAnchorElement) {
    saved.push([this.download, blob]);
  });
  onTestFinished(() => void vi.restoreAllMocks());
  const { user } = await scored(SCORE);
  await heat();
  await user.click(screen.getByRole("button", { name: "Save as TSV" }));
  await user.selectOptions(screen.getByLabelText("Show"), "Sums by line");
  await user.click(screen.getByRole("button", { name: "Save as TSV" }));
  expect(saved.map(([name]) => name)).toEqual(["r1-tokens.tsv", "r1-lines.tsv"]);
  expect(await saved[0]?.[1].text()).toContain("4\te\\n\t\t14\te\\n\t0.0001\n");
});

test("a long text is shown bit by bit", async () => {
  const tokens = Array.from({ length: 4500 }, (_, i) => (i % 10 === 9 ? "\n" : "x"));
  const { user } = await scored({
    ...QUEUED,
    status: "completed",
    loss: 1,
    perplexity: 3,
    tokens,
    offsets: tokens.map((_, i) => i),
    surprisal: tokens.slice(1).map(() => 1),
  });
  expect((await heat()).childElementCount).toBe(4000);
  await user.click(screen.getByRole("button", { name: "Show more" }));
  expect((await heat()).childElementCount).toBe(4500);
  await user.selectOptions(screen.getByLabelText("Show"), "Sums by line");
  expect(rows(/Lines/)).toHaveLength(201);
  await user.click(screen.getByRole("button", { name: "Show more" }));
  expect(rows(/Lines/)).toHaveLength(401);
});

test("a part of a character, and a token that spans none, are said to be so", async () => {
  await scored({ ...SCORE, begin_tokens: [], tokens: ["☃", ""], offsets: [0, 1], surprisal: [2], topk: null });
  const parts = within(await heat()).getAllByRole("option");
  expect(parts[1]).toHaveAccessibleName("a further part of the character before: 2.00 bits");
});

test("a further part of a character stands empty in the table", async () => {
  const { user } = await scored({
    ...SCORE,
    begin_tokens: [],
    tokens: ["☃", ""],
    offsets: [0, 1],
    surprisal: [2],
    topk: null,
  });
  await heat();
  await user.selectOptions(screen.getByLabelText("Show"), "Table");
  expect(rows(/Parts of the text/)[2]).toBe("2–2.00");
});

test.each([
  [
    { message: "there is nothing to score: the text has one token" },
    /^There is nothing to score: the text has one token\.$/,
  ],
  [{ loss: 1, unknown_characters: 1 }, /does not know 1 character of this text/],
  [{ loss: 1, unknown_characters: 2 }, /does not know 2 characters of this text/],
  [{ loss: 1, unknown_characters: 0, text_restored: false }, /The tokenizer changes this text/],
])("what a reader must know of a score is said: %j", async (fields, said) => {
  await scored({ ...QUEUED, status: "completed", ...fields });
  expect(await screen.findByText(said)).toBeVisible();
  expect(screen.queryByLabelText("Show")).toBeNull();
});

test("a score that fails says why, and one that is stopped stops", async () => {
  const { user, asked, stream, bodies } = await scored({ ...QUEUED, status: "failed", message: "run not found" });
  expect(await screen.findByText("Run not found.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await stream(2);
  expect(bodies()).toHaveLength(2);
  await user.click(screen.getByRole("button", { name: "Stop" }));
  expect(await screen.findByText("Stopped.")).toBeVisible();
  expect(asked.some(({ signal }) => signal?.aborted)).toBe(true);
});

test("a text that is too long is refused in place", async () => {
  const { user } = askModel("score");
  await user.click(await screen.findByLabelText("Text to score"));
  await user.paste("x".repeat((1 << 20) + 1));
  expect(await screen.findByText(/give a longer one as a file/)).toBeVisible();
  await waitFor(() => expect(screen.getByRole("button", { name: "Score" })).toBeDisabled());
});

test("a text that is nothing but the tokens around it has no words", async () => {
  const around = { begin_tokens: ["<s>"], end_tokens: ["</s>"], tokens: ["", ""], offsets: [0, 0], surprisal: [1] };
  const { user } = await scored({ ...SCORE, ...around, topk: null });
  expect(within(await heat()).getAllByRole("option")).toHaveLength(2);
  await user.selectOptions(screen.getByLabelText("By"), "Word");
  expect((await heat()).childElementCount).toBe(0);
  expect(screen.queryByRole("complementary")).toBeNull();
  await user.keyboard("{ArrowRight}{End}");
  await user.selectOptions(screen.getByLabelText("By"), "Token");
  expect(within(await heat()).getAllByRole("option")).toHaveLength(2);
});
