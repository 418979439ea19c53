// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { answering, refusal, type Answer, type Request } from "../../../testing/answers.js";
import { listedTokenizer } from "../../../testing/listed-tokenizer.js";
import { openPage } from "../../../testing/page.js";

const textOf = ({ body }: Request): string =>
  typeof body === "object" && body !== null && "text" in body ? String(body.text) : "";

/** What the API answers by events: a token for each character, ids counted from `first`. */
const events = (result: object) => {
  const about = { tokenizer_id: "t", request_id: "q" };
  const data = JSON.stringify({ ...about, ...result });
  return new Response(
    `event: accepted\ndata: ${JSON.stringify({ ...about, status: "queued" })}\n\nevent: result\ndata: ${data}\n\n`,
  );
};
const cut = (first: number) => (request: Request) => {
  const text = textOf(request);
  const ids = Array.from(text, (_, i) => first + i);
  const starts = Array.from(text, (_, i) => i);
  const ends = starts.map((start) => start + 1);
  const counts = { bytes: text.length, characters: text.length, token_count: text.length, unknown_tokens: 0 };
  const places = { starts, ends, byte_starts: starts, byte_ends: ends };
  return events({ status: "completed", ids, tokens: Array.from(text), ...places, ...counts, bytes_per_token: 1 });
};

async function open(answers: Readonly<Record<string, Answer | ((request: Request) => Answer)>> = {}) {
  const asked = answering({
    "GET /tokenizers": {
      tokenizers: [listedTokenizer("tok-3", "running"), listedTokenizer("tok-2"), listedTokenizer("tok-1")],
    },
    "POST /tokenizers/tok-2/encode": cut(100),
    "POST /tokenizers/tok-1/encode": cut(500),
    ...answers,
  });
  const { user } = openPage("/app/tokenizers");
  await user.click(await screen.findByRole("button", { name: "Write a text" }));
  const area = screen.getByLabelText("Text to cut into tokens");
  const write = (text: string) => fireEvent.change(area, { target: { value: text } });
  return { asked, user, area, write, posts: () => asked.filter(({ method }) => method === "POST") };
}
const tokens = async (id = "tok-2") => await screen.findByRole("listbox", { name: `Tokens of ${id}` });
const names = (list: HTMLElement) =>
  within(list)
    .queryAllByRole("option")
    .map((option) => option.getAttribute("aria-label"));
const counts = () => screen.getByRole("group", { name: "Counts" }).textContent;

test("a text is cut by the newest tokenizer once nothing is written any more, and counted", async () => {
  const { user, area, posts } = await open();
  expect(screen.getByText("Its tokens stand here once there is a text.")).toBeVisible();
  await user.type(area, "ab");
  expect(names(await tokens())).toEqual(["a, id 100", "b, id 101"]);
  expect(posts().map(({ body }) => body)).toEqual([{ text: "ab" }]);
  expect(counts()).toBe("Tokens2Characters2Bytes2Bytes per token1.00Unknown tokens0");
  await user.click(screen.getByRole("button", { name: "Close" }));
  expect(screen.queryByRole("listbox")).toBeNull();
});

test("a second one stands beside it, and a text that goes on keeps what is shown until its tokens are there", async () => {
  const { user, write } = await open();
  expect(within(screen.getByLabelText("Tokenizer")).getAllByRole("option")).toHaveLength(2);
  write("a\n");
  await user.selectOptions(screen.getByLabelText("Beside it"), "tok-1");
  expect(names(await tokens("tok-1"))).toEqual(["a, id 500", "↵\n, id 501"]);
  write("a\nb");
  await waitFor(() => expect(screen.getAllByRole("option", { name: /^b, id/ })).toHaveLength(2));
  await user.selectOptions(screen.getByLabelText("Tokenizer"), "tok-1");
  await user.selectOptions(screen.getByLabelText("Beside it"), "None");
  expect(screen.getAllByRole("listbox")).toHaveLength(1);
});

test("the token that is gone to, or pointed at, tells its id and place", async () => {
  const { user, write } = await open();
  write("abc");
  const list = await tokens();
  const told = () => screen.getByText(/· token/).textContent;
  expect(told()).toBe("a id 100 · token 1 · bytes 0–1");
  list.focus();
  await user.keyboard("{ArrowRight}{ArrowDown}{ArrowRight}");
  expect(told()).toBe("c id 102 · token 3 · bytes 2–3");
  expect(list.getAttribute("aria-activedescendant")).toBe(within(list).getAllByRole("option")[2]?.id);
  await user.keyboard("{ArrowLeft}x");
  expect(told()).toContain("id 101");
  await user.keyboard("{ArrowUp}{ArrowUp}{End}{Home}");
  expect(told()).toContain("id 100");
  fireEvent.pointerOver(within(list).getByRole("option", { name: /^c/ }));
  fireEvent.pointerOver(list);
  expect(told()).toContain("id 102");
  write("a");
  await waitFor(() => expect(told()).toContain("id 100"));
});

test("tokens of one character, of nothing, and text without tokens are told apart", async () => {
  const columns = { ids: [3, 1, 2], tokens: ["▁", "<0xC3>", "<0xA9>"], starts: [0, 0, 0], ends: [0, 1, 1] };
  const { write, user } = await open({
    "POST /tokenizers/tok-2/encode": () => events({ status: "completed", token_count: 3, ...columns }),
  });
  write("é <b>x</b>");
  const list = await tokens();
  expect(names(list)).toEqual(["▁, id 3", "é, id 1, 2"]);
  expect(list.textContent).toBe("▁é <b>x</b>");
  expect(within(list).getByRole("option", { name: /é/ }).dataset["parts"]).toBe("2");
  list.focus();
  await user.keyboard("{End}");
  expect(screen.getAllByRole("listitem").map(({ textContent }) => textContent)).toEqual(
    expect.arrayContaining(["<0xC3> id 1 · token 2 · bytes 0–0", "<0xA9> id 2 · token 3 · bytes 0–0"]),
  );
  expect(counts()).toContain("Bytes per token–");
});

test("an answer without any token shows the text as it is", async () => {
  const { write } = await open({ "POST /tokenizers/tok-2/encode": () => events({ status: "completed" }) });
  write("lost");
  const list = await tokens();
  expect([list.textContent, names(list)]).toEqual(["lost", []]);
  fireEvent.keyDown(list, { key: "End" });
  expect(list.getAttribute("aria-activedescendant")).toBeNull();
});

test("of a large text the first thousand are shown, and more on demand; all that is shown is in the table", async () => {
  const { user, write } = await open();
  write("x".repeat(1500));
  const list = await tokens();
  expect(names(list)).toHaveLength(1000);
  await screen.findByText(/^500 more tokens/);
  await user.click(screen.getByRole("button", { name: "Show more" }));
  expect(names(list)).toHaveLength(1500);
  expect(screen.queryByText(/more tokens/)).toBeNull();
  await user.click(screen.getByText("As a table"));
  const table = await screen.findByRole("region", { name: "Tokens of tok-2, as a table" });
  expect(table.querySelectorAll("tbody tr")).toHaveLength(1500);
  expect(table.querySelector("tbody tr:last-child")?.textContent).toBe('1,5001599x"x"1499–1500');
});

test("a text that is too long is refused in place, and not sent", async () => {
  const { write, area, posts } = await open();
  write("x".repeat((1 << 18) + 1));
  expect(await screen.findByText(/^Must have at most 262144 characters/)).toBeVisible();
  expect(area.getAttribute("aria-invalid")).toBe("true");
  expect(posts()).toEqual([]);
});

test("why a text is not cut is said, and it is asked again on demand", async () => {
  let answer: () => Answer = () => events({ status: "failed", message: 'there is no tokenizer "tok-2"' });
  const { user, write } = await open({ "POST /tokenizers/tok-2/encode": () => answer() });
  write("a");
  expect(await screen.findByText('There is no tokenizer "tok-2".')).toBeVisible();
  const again = async () => await user.click(screen.getByRole("button", { name: "Try again" }));
  answer = () => events({ status: "failed" });
  await again();
  expect(await screen.findByText("It failed, and nothing says why.")).toBeVisible();
  answer = () => refusal(429, "RATE_LIMIT_EXCEEDED", "10 jobs wait already");
  await again();
  expect(await screen.findByText("10 jobs wait already.")).toBeVisible();
});

test("where no worker answers for a minute, that is said", async () => {
  vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort());
  const { write } = await open();
  write("a");
  expect(await screen.findByText(/No worker has answered within a minute/)).toBeVisible();
  vi.restoreAllMocks();
});

test("an answer whose stream broke off is looked for", async () => {
  const accepted = JSON.stringify({ tokenizer_id: "t", request_id: "q", status: "queued" });
  const { write } = await open({
    "POST /tokenizers/tok-2/encode": () => new Response(`event: accepted\ndata: ${accepted}\n\n`),
    "GET /tokenizers/tok-2/encode/q": { tokenizer_id: "t", request_id: "q", status: "completed", ids: [4], ends: [1] },
  });
  write("a");
  expect(names(await tokens())).toEqual(["a, id 4"]);
});

test("without a tokenizer that is ready there is nothing to try", async () => {
  answering({ "GET /tokenizers": { tokenizers: [listedTokenizer("tok-3", "running")] } });
  openPage("/app/tokenizers");
  await screen.findByText("tok-3");
  expect(screen.queryByText("Try on a text")).toBeNull();
});

test("the most frequent and the longest tokens of the text are listed where they are wanted", async () => {
  const { user, write } = await open({
    "POST /tokenizers/tok-2/encode": () =>
      events({
        status: "completed",
        ids: [7, 8, 7],
        tokens: ["a", "bb", "a"],
        starts: [0, 1, 3],
        ends: [1, 3, 4],
        token_count: 3,
      }),
  });
  write("abba");
  await tokens();
  await user.click(screen.getByText("The most frequent and the longest"));
  const rows = (name: string) =>
    within(screen.getByRole("region", { name }))
      .getAllByRole("row")
      .slice(1)
      .map(({ textContent }) => textContent);
  await waitFor(() => expect(rows("Tokens of tok-2, the most frequent")).toEqual(['"a"72', '"bb"81']));
  expect(rows("Tokens of tok-2, the longest")).toEqual(['"bb"81', '"a"72']);
});
