// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { answering, nothing, refusal, type Request } from "../../testing/answers.js";
import { openPage } from "../../testing/page.js";
import { freeName } from "./use-upload.js";

await import("./new-run-page.js"); // pages are loaded when they are opened: not within the time of the first test

const entry = (name: string, bytes: number) => ({
  name,
  kind: "file",
  files: 1,
  bytes,
  modified_at: "2026-01-02T03:04:05.000Z",
});
const report = (name: string, more: object = {}) => ({
  ...entry(name, 2048),
  sampled: false,
  document: "file",
  document_separator: "auto",
  documents: 1,
  document_bytes: 2048,
  duplicate_documents: 0,
  duplicate_documents_share: 0,
  lines: 1000,
  duplicate_lines: 220,
  duplicate_lines_share: 0.22,
  duplicates_exact: true,
  characters: 2000,
  invalid_characters: 0,
  longest_line: { characters: 61, start: "…" },
  scripts: [{ script: "Latin", characters: 2000, share: 1 }],
  left_out: [],
  preview: [{ text: "Call me Ishmael.", cut: true }],
  ...more,
});

/** A service that keeps what it is sent, as the API does. */
function service(more: Parameters<typeof answering>[0] = {}) {
  const there = new Map<string, Uint8Array>();
  const parts = new Map<string, number>();
  const query = ({ path }: Request) => new URL(path, "http://pages").searchParams;
  const put = (name: string) => async (request: Request) => {
    const [offset, total] = [Number(query(request).get("offset")), Number(query(request).get("total"))];
    const piece = request.body instanceof Blob ? new Uint8Array(await request.body.arrayBuffer()) : new Uint8Array();
    if (offset !== (parts.get(name) ?? 0)) return refusal(409, "CONFLICT", "wrong offset");
    parts.set(name, offset + piece.length);
    if (offset + piece.length < total) return { name, offset: offset + piece.length, total, done: false };
    if (there.has(name) && query(request).get("replace") !== "true")
      return refusal(409, "CONFLICT", `there is another text ${name}: take another name`);
    there.set(name, piece);
    return { name, offset: total, total, done: true };
  };
  const asked = answering({
    "GET /capabilities": nothing(),
    "GET /tokenizers": { tokenizers: [] },
    "GET /corpora": () => ({ corpora: [...there].map(([name, { length }]) => entry(name, length)) }),
    "GET /corpora/book.txt": report("book.txt"),
    "GET /corpora/book.txt/upload": () => {
      const offset = parts.get("book.txt");
      return offset === undefined
        ? refusal(404, "DATA_NOT_FOUND", "no upload of book.txt has begun")
        : { name: "book.txt", offset, total: 700_000, done: false };
    },
    "PUT /corpora/book.txt": put("book.txt"),
    "PUT /corpora/book%20(2).txt": put("book (2).txt"),
    ...more,
  });
  return { asked, there, parts, puts: () => asked.filter(({ method }) => method === "PUT").map(({ path }) => path) };
}

const file = (bytes: number, name = "book.txt") => new File([new Uint8Array(bytes).fill(97)], name);
const input = () => screen.findByLabelText("Choose a text file");
const text = () => screen.findByRole("combobox", { name: "Text" });

test("a chosen file is sent in pieces, is the text of the run, and is looked into", async () => {
  const { puts } = service();
  const { user } = openPage("/app/new-run");
  await user.upload(await input(), file(700_000));
  await waitFor(async () => expect(await text()).toHaveProperty("value", "book.txt"));
  expect(puts()).toEqual([
    "/corpora/book.txt?offset=0&total=700000&replace=false",
    "/corpora/book.txt?offset=262144&total=700000&replace=false",
    "/corpora/book.txt?offset=524288&total=700000&replace=false",
  ]);
  expect(await screen.findByText("Call me Ishmael.")).toBeDefined();
  expect(screen.getByText("1,000, 22 % of them a repetition")).toBeDefined();
  expect(screen.getByText("Latin 100 %")).toBeDefined();
  expect(screen.getByRole("textbox", { name: "Times through the text" })).toHaveProperty("value", "10");
});

test("a file is taken where it is dropped, and several are not", async () => {
  const { puts } = service();
  openPage("/app/new-run");
  const zone = (await input()).parentElement;
  if (zone === null) throw new Error("no zone");
  fireEvent.dragEnter(zone);
  expect(zone.className).toContain("over");
  fireEvent.dragLeave(zone);
  expect(zone.className).not.toContain("over");
  fireEvent.dragOver(zone);
  fireEvent.drop(zone, { dataTransfer: { files: [file(10), file(10, "b.txt")] } });
  expect((await screen.findByRole("alert")).textContent).toContain("One file at a time");
  fireEvent.drop(zone, { dataTransfer: { files: [] } });
  fireEvent.change(await input(), { target: { files: null } });
  expect(puts()).toEqual([]);
  fireEvent.drop(zone, { dataTransfer: { files: [file(10)] } });
  await waitFor(() => expect(puts()).toHaveLength(1));
  expect(screen.queryByText(/One file at a time/)).toBeNull();
});

test("what had come before the service went away is not sent again", async () => {
  let isAway = true;
  const { puts, parts } = service();
  const { fetch } = globalThis;
  globalThis.fetch = async (address, init) => {
    if (isAway && init?.method === "PUT" && typeof address === "string" && address.includes("offset=262144"))
      throw nothing();
    return await fetch(address, init);
  };
  const { user } = openPage("/app/new-run");
  await user.upload(await input(), file(700_000));
  expect(await screen.findByText(/The service does not answer/)).toBeDefined();
  expect(screen.getByRole("progressbar", { name: "Sending book.txt" })).toHaveProperty("value", 262_144);
  expect(screen.getByText("256 KiB of 684 KiB")).toBeDefined();
  expect(parts.get("book.txt")).toBe(262_144);
  isAway = false;
  await user.click(screen.getByRole("button", { name: "Go on" }));
  await waitFor(async () => expect(await text()).toHaveProperty("value", "book.txt"));
  expect(puts().map((path) => new URL(path, "http://pages").searchParams.get("offset"))).toEqual([
    "0",
    "262144",
    "524288",
  ]);
});

test("a part of another file of that name is begun anew, and why a service refuses is said", async () => {
  const { parts, puts } = service({
    "GET /corpora/book.txt/upload": { name: "book.txt", offset: 5, total: 9, done: false },
  });
  const { user } = openPage("/app/new-run");
  await user.upload(await input(), file(20));
  await waitFor(async () => expect(await text()).toHaveProperty("value", "book.txt"));
  expect([puts(), parts.get("book.txt")]).toEqual([["/corpora/book.txt?offset=0&total=20&replace=false"], 20]);
});

test("where it cannot be known how much has come nothing is sent", async () => {
  const { puts } = service({
    "GET /corpora/.txt/upload": refusal(422, "INVALID_INPUT", "a text's name has 1 to 200 bytes"),
  });
  const { user } = openPage("/app/new-run");
  await user.upload(await input(), file(20, ".txt"));
  expect(await screen.findByText(/A text's name has 1 to 200 bytes/)).toBeDefined();
  expect(puts()).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  expect(await input()).toBeDefined();
});

test("another text of that name is kept beside, or replaced, as one says", async () => {
  const { there, puts } = service({
    "GET /corpora/book.txt/upload": refusal(404, "DATA_NOT_FOUND", "no upload"),
    "GET /corpora/book%20(2).txt/upload": refusal(404, "DATA_NOT_FOUND", "no upload"),
    "PUT /corpora/book.txt": ({ path }) => {
      if (!path.endsWith("replace=true")) return refusal(409, "CONFLICT", "there is another text book.txt");
      there.set("book.txt", new Uint8Array(20));
      return { name: "book.txt", offset: 20, total: 20, done: true };
    },
  });
  there.set("book.txt", new Uint8Array(3));
  const { user } = openPage("/app/new-run");
  await user.upload(await input(), file(20));
  expect(await screen.findByText(/There is another text book.txt/)).toBeDefined();
  expect(screen.queryByRole("button", { name: "Go on" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Keep both" }));
  await waitFor(async () => expect(await text()).toHaveProperty("value", "book (2).txt"));
  await user.upload(await input(), file(20));
  await user.click(await screen.findByRole("button", { name: "Replace the other" }));
  await waitFor(async () => expect(await text()).toHaveProperty("value", "book.txt"));
  expect(puts().at(-1)).toBe("/corpora/book.txt?offset=0&total=20&replace=true");
  expect(there.get("book.txt")?.length).toBe(20);
});

test("beside a text of the same name there is room also while the service's list is not known", async () => {
  service({
    "GET /corpora": nothing(),
    "GET /corpora/book.txt/upload": refusal(404, "DATA_NOT_FOUND", "no upload"),
    "PUT /corpora/book.txt": refusal(409, "CONFLICT", "there is another text book.txt"),
  });
  const { user } = openPage("/app/new-run");
  await user.upload(await input(), file(20));
  await user.click(await screen.findByRole("button", { name: "Keep both" }));
  expect(await screen.findByDisplayValue("book (2).txt")).toBeDefined();
});

test("a text of the service is chosen by its name, and the size of it counts", async () => {
  const { there } = service();
  const { unmount } = openPage("/app/new-run");
  expect(within(await text()).getByRole("option", { name: "The service has no text yet" })).toBeDefined();
  unmount();
  there.set("book.txt", new Uint8Array(5 << 20));
  const { user } = openPage("/app/new-run");
  await user.selectOptions(await text(), await screen.findByRole("option", { name: "book.txt (5.0 MiB)" }));
  const passes = screen.getByRole("textbox", { name: "Times through the text" });
  expect(passes).toHaveProperty("value", "2");
  await user.selectOptions(await text(), screen.getByRole("option", { name: "Choose one of 1 that the service has" }));
  expect(passes).toHaveProperty("value", "1");
});

test("a text is looked into as it is to be read, once one has done writing how", async () => {
  const { there, asked } = service({
    "GET /corpora/book.txt": report("book.txt", {
      files: 3,
      sampled: true,
      duplicate_documents_share: 0.001,
      duplicates_exact: false,
      invalid_characters: 3,
      scripts: [],
      left_out: ["3 characters are no UTF-8."],
      preview: [{ text: "<b>مرحبا</b>", cut: false }],
    }),
  });
  there.set("book.txt", new Uint8Array(10));
  const { user } = openPage("/app/new-run");
  await user.selectOptions(await text(), await screen.findByRole("option", { name: /book.txt/ }));
  expect(await screen.findByText("<b>مرحبا</b>")).toBeDefined();
  for (const words of [
    "2.0 KiB in 3 files",
    "its start alone: the figures below are of that",
    "1, less than 1 % of them a repetition",
    "1,000, about 22 % of them a repetition",
    "3 characters that are no UTF-8",
    "3 characters are no UTF-8.",
    "none",
  ])
    expect(screen.getByText(words)).toBeDefined();
  const separator = screen.getByRole("textbox", { name: "Line between documents" });
  await user.clear(separator);
  await user.type(separator, "***");
  const queried = (name: string) =>
    asked
      .filter(({ path }) => path.startsWith("/corpora/book.txt?"))
      .map(({ path }) => new URL(path, "http://pages").searchParams.get(name));
  await waitFor(() => expect(queried("document_separator")).toContain("***"));
  expect(queried("document_separator")).not.toContain("*");
  expect(new Set(queried("text_field"))).toEqual(new Set([null]));
  await user.type(screen.getByRole("textbox", { name: "Field with the text" }), "story");
  await waitFor(() => expect(queried("text_field")).toContain("story"));
});

test("a text that cannot be looked into says why", async () => {
  const { there } = service({ "GET /corpora/book.txt": refusal(400, "CORPUS_EMPTY", "the text is empty") });
  there.set("book.txt", new Uint8Array(1));
  const { user } = openPage("/app/new-run");
  await user.selectOptions(await text(), await screen.findByRole("option", { name: /book.txt/ }));
  expect(await screen.findByText(/The text is empty/)).toBeDefined();
});

test.each([
  ["book.txt", ["book.txt"], "book (2).txt"],
  ["book.jsonl.gz", ["book (2).jsonl.gz"], "book (3).jsonl.gz"],
  ["README", [], "README (2)"],
  [".txt", [], ".txt (2)"],
  ["", [], " (2)"],
])("a free name for %s", (name, taken, free) => {
  expect(freeName(name, taken)).toBe(free);
});
