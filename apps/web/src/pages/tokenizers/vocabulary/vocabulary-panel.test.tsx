// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { answering, refusal, type Answer, type Request } from "../../../testing/answers.js";
import { listedTokenizer } from "../../../testing/listed-tokenizer.js";
import { openPage } from "../../../testing/page.js";

const token = (id: number) => ({ id, spelled: `Ġt${id}`, text: ` t${id}`, bytes: 5, characters: 4, kind: "text" });
const part = { id: 7, spelled: "Ã", text: null, bytes: 1, characters: null, kind: "bytes" };

/** What the API says of 250 tokens, of which those with a 7 are found by it. */
function vocabulary(id: string) {
  return ({ path }: Request) => {
    const query = new URL(path, "http://x").searchParams;
    const q = query.get("q");
    const all = Array.from({ length: 250 }, (_, i) => (i === 7 ? part : token(i)));
    const found = q === null ? all : all.filter((each) => String(each.id).includes(q));
    const offset = Number(query.get("offset"));
    return {
      tokenizer_id: id,
      token_count: 250,
      kinds: { text: 248, bytes: 1, added: 0, special: 1 },
      lengths: [
        { characters: 4, tokens: 200 },
        { characters: 20, tokens: 48 },
      ],
      scripts: id === "tok-2" ? [{ script: "Latin", tokens: 200 }] : [],
      longest: [token(99)],
      found: found.length,
      tokens: found.slice(offset, offset + Number(query.get("limit"))),
    };
  };
}

async function open(answers: Readonly<Record<string, Answer | ((request: Request) => Answer)>> = {}) {
  const asked = answering({
    "GET /tokenizers": {
      tokenizers: [listedTokenizer("tok-3", "running"), listedTokenizer("tok-2"), listedTokenizer("tok-1")],
    },
    "GET /tokenizers/tok-2/vocabulary": vocabulary("tok-2"),
    "GET /tokenizers/tok-1/vocabulary": vocabulary("tok-1"),
    ...answers,
  });
  const { user } = openPage("/app/tokenizers");
  await user.click(await screen.findByRole("button", { name: "Show tokens" }));
  const panel = within(screen.getByRole("region", { name: "Look through the tokens" }));
  const rows = (name: string) => within(panel.getByRole("region", { name })).getAllByRole("row").slice(1);
  return { asked, user, panel, rows };
}

test("the tokens of the newest are there with their figures, a page at a time", async () => {
  const { user, panel, rows } = await open();
  expect(await panel.findByText("1 to 100 of 250")).toBeDefined();
  expect(panel.getByText("Latin 80 %")).toBeDefined();
  expect(rows("Tokens of tok-2")).toHaveLength(100);
  expect(rows("Tokens of tok-2")[1]?.textContent).toBe('1" t1"Ġt145text');
  expect(rows("Tokens of tok-2")[7]?.textContent).toBe("7part of a characterÃ–1bytes");
  expect(panel.getByRole("button", { name: "Before" }).hasAttribute("disabled")).toBe(true);
  for (const there of ["101 to 200 of 250", "201 to 250 of 250"]) {
    await user.click(panel.getByRole("button", { name: "Next" }));
    expect(await panel.findByText(there)).toBeDefined();
  }
  expect(panel.getByRole("button", { name: "Next" }).hasAttribute("disabled")).toBe(true);
  await user.click(panel.getByRole("button", { name: "Before" }));
  expect(await panel.findByText("101 to 200 of 250")).toBeDefined();
  await user.click(panel.getByText("The longest"));
  expect(rows("The longest tokens of tok-2")[0]?.textContent).toContain("t99");
  await user.click(panel.getByText("How long they are, in characters"));
  const lengths = within(panel.getByRole("list", { name: "Tokens by their characters" })).getAllByRole("listitem");
  expect(lengths.map(({ textContent }) => textContent)).toEqual(["4200", "20 and more48"]);
});

test("a search begins with the first that is found, says how many, and where there is none", async () => {
  const { user, panel, asked } = await open();
  await user.click(await panel.findByRole("button", { name: "Next" }));
  await panel.findByText("101 to 200 of 250");
  const search = panel.getByRole("searchbox", { name: "Search" });
  fireEvent.change(search, { target: { value: "7" } });
  expect(await panel.findByText("1 to 43 of 43")).toBeDefined();
  const paths = () => asked.map(({ path }) => path); // the list of tokenizers is asked for again meanwhile
  expect(paths()).toContain("/tokenizers/tok-2/vocabulary?q=7&offset=0&limit=100");
  fireEvent.change(search, { target: { value: "x & y" } });
  expect(await panel.findByText("No token has this.")).toBeDefined();
  expect(panel.queryByRole("region", { name: "Tokens of tok-2" })).toBeNull();
  await user.selectOptions(panel.getByLabelText("Tokens of"), "tok-1");
  await waitFor(() => expect(paths()).toContain("/tokenizers/tok-1/vocabulary?q=x+%26+y&offset=0&limit=100"));
  await user.click(panel.getByRole("button", { name: "Close" }));
  expect(panel.queryByRole("searchbox")).toBeNull();
});

test("a file that cannot be read is said so, and read again", async () => {
  let answer: Answer = refusal(400, "TOKENIZER_LOAD_FAILED", "the file is broken: it ends too early");
  const { user, panel } = await open({
    "GET /tokenizers/tok-2/vocabulary": (request) => answer ?? vocabulary("tok-2")(request),
  });
  expect(await panel.findByText("The file is broken: it ends too early.")).toBeDefined();
  answer = null;
  await user.click(panel.getByRole("button", { name: "Try again" }));
  expect(await panel.findByText("1 to 100 of 250")).toBeDefined();
});

test("where no tokenizer is ready there is nothing to look through", async () => {
  answering({ "GET /tokenizers": { tokenizers: [listedTokenizer("tok-3", "running")] } });
  openPage("/app/tokenizers");
  await screen.findByRole("table");
  expect(screen.queryByRole("button", { name: "Show tokens" })).toBeNull();
});
