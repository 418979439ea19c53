// @vitest-environment happy-dom
import type { ListedRun } from "@trainer/platform/browser";
import { screen, waitFor, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { answering, nothing, refusal, type Request } from "../../testing/answers.js";
import { listedRun } from "../../testing/listed-run.js";
import { openPage } from "../../testing/page.js";

const capabilities = {
  model_families: [
    { name: "gpt2", title: "GPT-2", sizes: ["tiny"], precisions: ["fp32"], tokenizer_method: "bpe" },
    { name: "llama", title: "Llama", sizes: ["tiny"], precisions: ["fp32"], tokenizer_method: "bpe" },
  ],
  tokenizer_methods: [],
  devices: ["cpu"],
  optimizers: ["adamw"],
};

/** Opens the page over a service that has these runs. */
function openRuns(runs: readonly ListedRun[], path = "/runs", more: Parameters<typeof answering>[0] = {}) {
  const list = { runs, next: null, total: runs.length };
  const asked = answering({ "GET /runs": () => json(list), "GET /capabilities": capabilities, ...more });
  const lists = () => asked.filter(({ method, path }) => method === "GET" && path.startsWith("/runs?")).map(queryOf);
  const newest = () => Object.fromEntries(lists().at(-1) ?? []);
  return { asked, newest, lists, ...openPage(`/app${path}`) };
}

const json = (value: unknown): Response => new Response(JSON.stringify(value));
const queryOf = ({ path }: Request): URLSearchParams => new URL(path, "http://pages").searchParams;
/** A page of so many runs, of which it has one, named after where the page begins. */
const pageOf = (total: number) => (request: Request) =>
  json({ runs: [listedRun({ run_id: `at-${queryOf(request).get("offset")}` })], next: null, total });

const row = async (name: string) => await screen.findByRole("row", { name: new RegExp(name) });
const user = userEvent.setup();
const titles = () => screen.getAllByRole("columnheader").map(({ textContent }) => textContent);

afterEach(() => vi.restoreAllMocks());

const filesOf = (run_id: string, sizes: readonly number[]) => ({
  run_id,
  files: sizes.map((bytes, i) => ({ path: `${i}`, bytes, modified: "2026-01-01T00:00:00Z", step: null, sha256: null })),
  truncated: false,
});

describe("the runs page", () => {
  it("shows what is known of a run", async () => {
    const run = listedRun({ tags: ["good"], bits_per_byte: 1.25 });
    openRuns([run]);
    const shown = await row("gpt2-1");
    const texts = ["Running", "50 % · 3 min 20 s left", "2.5000", "2.7000", "1.2500", "gpt2 tiny", "bpe-4k"];
    for (const text of [...texts, "novels.txt", "5 min ago", "good"]) expect(shown).toHaveTextContent(text);
    expect(shown).toHaveTextContent(/4 min (49|5\d) s/);
    expect(within(shown).getByRole("progressbar").getAttribute("value")).toBe("50");
    expect(within(shown).getByRole("progressbar").title).toBe("step 50 of 100");
    expect(within(shown).getByRole("link", { name: "gpt2-1" }).getAttribute("href")).toBe("/app/runs/gpt2-1");
    expect(within(shown).getByText("novels.txt").title).toBe("/home/me/texts/novels.txt");
  });

  it("shows a run of which nothing is known yet", async () => {
    const unknown = { training: null, corpus: undefined, tokenizer_id: null, model_family: null, sparkline: null };
    const rest = { best_val_loss: undefined, tags: undefined, started_at: undefined, progress: 0 };
    openRuns([listedRun({ run_id: "new", status: "queued", ...unknown, ...rest })]);
    expect((await row("new")).textContent).toContain("Waiting–––––––5 min ago–");
  });

  it("shows how far a run came that nobody counted the steps of", async () => {
    openRuns([listedRun({ status: "failed", training: null, error: "the disk is full" })]);
    const shown = await row("gpt2-1");
    expect(shown.textContent).toContain("Failedthe disk is full");
    expect(within(shown).getByRole("progressbar").title).toBe("");
  });

  it("says what to do where there are no runs, and where none is like what was asked for", async () => {
    const { router, newest } = openRuns([], "/runs?q=nothing&status=failed");
    expect(await screen.findByText("No run is like this")).toBeTruthy();
    expect(newest()).toMatchObject({ q: "nothing", status: "failed" });
    await user.click(screen.getByRole("button", { name: "Show all runs" }));
    expect(await screen.findByText("No runs yet")).toBeTruthy();
    expect(router.state.location.search).toEqual({});
  });

  it("finds the way back from a page that is no more", async () => {
    const { router } = openRuns([], "/runs?page=9", { "GET /runs": { runs: [], next: null, total: 60 } });
    await user.click(await screen.findByRole("button", { name: "Show the first" }));
    await waitFor(() => expect(router.state.location.search).toEqual({}));
  });

  it("shows runs of a service that does not count them", async () => {
    openRuns([], "/runs", { "GET /runs": () => json({ runs: [listedRun()], next: null }) });
    expect(await screen.findByText("1–1 of 1")).toBeTruthy();
  });

  it("says that the service does not answer, and shows the runs once it does", async () => {
    let isAway = true;
    openRuns([], "/runs", {
      "GET /runs": () => (isAway ? nothing() : json({ runs: [listedRun()], next: null, total: 1 })),
    });
    expect((await screen.findByRole("alert")).textContent).toContain(
      "The runs cannot be read. The service does not answer.",
    );
    isAway = false;
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await row("gpt2-1")).toBeTruthy();
    isAway = true;
    await waitFor(() => expect(screen.getByText(/What you see is the last/)).toBeTruthy());
    expect(await row("gpt2-1")).toBeTruthy();
  });

  it("keeps search, filters and order in the address", async () => {
    const { router, newest, lists } = openRuns([listedRun({ tags: ["good", "long run"] })], "/runs?page=2");
    await row("gpt2-1");
    await user.type(screen.getByRole("searchbox"), "novel{Enter}");
    await user.selectOptions(screen.getByLabelText("Status"), "Running");
    await user.selectOptions(screen.getByLabelText("Model family"), "Llama");
    await user.click(screen.getByRole("button", { name: "good" }));
    await user.type(screen.getByLabelText("Only with the tag"), "mine{Enter}");
    await user.type(screen.getByLabelText("Only with the tag"), "long run"); // one that is proposed needs no Enter
    await user.type(screen.getByLabelText("Only with the tag"), " {Enter}");
    await user.click(screen.getByRole("button", { name: "Best validation" }));
    const tag = ["good", "mine", "long run"];
    const view = { q: "novel", status: "running", family: "llama", sort: "val_loss", order: "asc" };
    await waitFor(() => expect(router.state.location.search).toEqual({ ...view, tag }));
    await waitFor(() => expect(newest()).toMatchObject({ ...view, offset: "0" }));
    expect(lists().at(-1)?.getAll("tag")).toEqual(tag);
    expect(screen.getByRole("columnheader", { name: /Best validation/ }).getAttribute("aria-sort")).toBe("ascending");
    await user.click(screen.getByRole("button", { name: "Best validation" }));
    await waitFor(() => expect(newest()).toMatchObject({ order: "desc" }));
    expect(screen.getByRole("columnheader", { name: /Best validation/ }).getAttribute("aria-sort")).toBe("descending");
    for (const each of tag) await user.click(screen.getByRole("button", { name: `Remove the tag ${each}` }));
    await user.selectOptions(screen.getByLabelText("Status"), "Any status");
    await user.selectOptions(screen.getByLabelText("Model family"), "Any family");
    await user.selectOptions(screen.getByLabelText("Sort by"), "Model");
    await user.clear(screen.getByRole("searchbox"));
    await waitFor(() => expect(router.state.location.search).toEqual({ sort: "model", order: "asc" }));
  });

  it("shows a family by its name that the service does not know", async () => {
    openRuns([listedRun()], "/runs?family=mamba");
    expect(await screen.findByRole("option", { name: "mamba" })).toHaveProperty("selected", true);
  });

  it("searches when the reader pauses, and shows what was searched for when going back", async () => {
    const { router, lists } = openRuns([listedRun()], "/runs?q=old");
    await row("gpt2-1");
    const box = screen.getByRole("searchbox");
    expect(box).toHaveProperty("value", "old");
    await user.clear(box);
    await user.type(box, "new");
    await waitFor(() => expect(router.state.location.search).toEqual({ q: "new" }));
    expect(lists().map((query) => query.get("q"))).not.toContain("ne");
    await router.navigate({ to: "/runs", search: { q: "old" } });
    await waitFor(() => expect(box).toHaveProperty("value", "old"));
  });

  it("turns pages on the server", async () => {
    const { router } = openRuns([], "/runs", { "GET /runs": pageOf(10_000) });
    expect(await screen.findByText("1–50 of 10,000")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Previous" })).toHaveProperty("disabled", true);
    await user.click(screen.getByRole("button", { name: "Next" }));
    expect(await row("at-50")).toBeTruthy();
    expect(router.state.location.search).toEqual({ page: 2 });
    await user.click(screen.getByRole("button", { name: "Previous" }));
    expect(await row("at-0")).toBeTruthy();
  });

  it("goes from a page beyond the end to the last one", async () => {
    const { router } = openRuns([], "/runs?page=9", { "GET /runs": { runs: [], next: null, total: 60 } });
    expect(await screen.findByText("60 runs, none on this page")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Next" })).toHaveProperty("disabled", true);
    await user.click(screen.getByRole("button", { name: "Previous" }));
    await waitFor(() => expect(router.state.location.search).toEqual({ page: 2 }));
  });

  it("puts columns away, and remembers that", async () => {
    openRuns([listedRun()]);
    await row("gpt2-1");
    await user.click(screen.getByRole("button", { name: "Columns" }));
    await user.click(await screen.findByLabelText("Tokenizer"));
    await user.click(screen.getByLabelText("Corpus"));
    await user.click(screen.getByLabelText("Corpus"));
    await user.keyboard("{Escape}");
    expect(titles()).not.toContain("Tokenizer");
    expect(localStorage.getItem("trainer.runs.hidden")).toBe('["tokenizer"]');
  });

  it.each(['["tokenizer"]', "no JSON", '{"a":1}'])("begins with the columns that were stored: %s", async (stored) => {
    localStorage.setItem("trainer.runs.hidden", stored);
    openRuns([listedRun()]);
    await row("gpt2-1");
    expect(titles()).toHaveLength(stored.startsWith("[") ? 11 : 12);
  });

  it("shows columns in a browser that stores nothing", async () => {
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("denied", "SecurityError");
    });
    openRuns([listedRun()]);
    await row("gpt2-1");
    await user.click(screen.getByRole("button", { name: "Columns" }));
    await user.click(await screen.findByLabelText("Corpus"));
    await user.keyboard("{Escape}");
    expect(titles()).not.toContain("Corpus");
  });
});

describe("runs that were chosen", () => {
  const three = [
    listedRun({ run_id: "goes" }),
    listedRun({ run_id: "broke", status: "failed" }),
    listedRun({ run_id: "done", status: "completed" }),
  ];
  const bar = () => screen.findByRole("region", { name: "Chosen runs" });

  it("are stopped and resumed as far as they can be, and what refuses is said", async () => {
    const { asked } = openRuns(three, "/runs", {
      "POST /runs/goes/cancel": { status: "cancellation-requested" },
      "POST /runs/broke/resume": refusal(409, "CONFLICT", "run broke was asked for elsewhere"),
    });
    await row("goes");
    await user.click(screen.getByLabelText("Choose all runs of this page"));
    expect((await bar()).textContent).toContain("3 chosen");
    await user.click(screen.getByRole("button", { name: "Stop" }));
    expect(await screen.findByText("1 run asked to stop after the step that it is at.")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Resume" }));
    expect(await screen.findByText("broke: Run broke was asked for elsewhere.")).toBeTruthy();
    expect(asked.filter(({ method }) => method === "POST").map(({ path }) => path)).toEqual([
      "/runs/goes/cancel",
      "/runs/broke/resume",
    ]);
    await user.click(screen.getByRole("button", { name: "Choose none" }));
    expect(screen.queryByRole("region", { name: "Chosen runs" })).toBeNull();
  });

  it("are deleted after it was said what goes, those that have ended alone", async () => {
    let count = () => {};
    const isCounted = new Promise<void>((resolve) => {
      count = resolve;
    });
    const { asked } = openRuns(three, "/runs", {
      "DELETE /runs/broke": { run_id: "broke", bytes: 10 },
      "DELETE /runs/done": { run_id: "done", bytes: 10 },
      "GET /runs/broke/files": filesOf("broke", [1024, 512]),
      "GET /runs/done/files": async () => {
        await isCounted;
        return filesOf("done", [512]);
      },
    });
    await row("goes");
    for (const { run_id } of three) await user.click(screen.getByLabelText(`Choose ${run_id}`));
    await user.click(screen.getByRole("button", { name: "Delete …" }));
    const dialog = await screen.findByRole("dialog", { name: "Delete 2 runs?" });
    expect(
      within(dialog)
        .getAllByRole("listitem")
        .map(({ textContent }) => textContent),
    ).toEqual(["broke", "done"]);
    expect(dialog.textContent).toContain("One chosen run has not ended and stays: stop it first.");
    expect(within(dialog).getByText(/^Counting how much space/)).toBeTruthy();
    count();
    expect(await within(dialog).findByText("2.0 KiB of space becomes free.")).toBeTruthy();
    await user.click(within(dialog).getByRole("button", { name: "Keep" }));
    expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
    await user.click(screen.getByRole("button", { name: "Delete …" }));
    await user.click(await screen.findByRole("button", { name: "Delete" }));
    expect(await screen.findByText("2 runs deleted.")).toBeTruthy();
    expect((await bar()).textContent).toContain("1 chosen");
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("is deleted as one, and stopped where it waits", async () => {
    openRuns(
      [listedRun({ run_id: "done", status: "completed" }), listedRun({ run_id: "waits", status: "queued" })],
      "/runs",
      {
        "DELETE /runs/done": { run_id: "done", bytes: 10 },
        "GET /runs/done/files": { ...filesOf("done", [3]), truncated: true },
        "POST /runs/waits/cancel": { status: "cancellation-requested" },
      },
    );
    await user.click(await screen.findByLabelText("Choose done"));
    await user.click(screen.getByRole("button", { name: "Delete …" }));
    const dialog = await screen.findByRole("dialog", { name: "Delete this run?" });
    expect(await within(dialog).findByText("More than 3 B of space becomes free.")).toBeTruthy();
    await user.click(within(dialog).getByRole("button", { name: "Delete" }));
    expect(await screen.findByText("1 run deleted.")).toBeTruthy();
    await user.click(screen.getByLabelText("Choose waits"));
    await user.click(screen.getByRole("button", { name: "Stop" }));
    expect(await screen.findByText(/^1 run asked to stop/)).toBeTruthy();
  });

  it("name the first of many before they are deleted", async () => {
    const many = Array.from({ length: 12 }, (_, i) =>
      listedRun({ run_id: `run-${i}`, status: i < 10 ? "failed" : "queued" }),
    );
    openRuns(many);
    await row("run-11");
    await user.click(screen.getByLabelText("Choose all runs of this page"));
    await user.click(screen.getByRole("button", { name: "Delete …" }));
    const dialog = await screen.findByRole("dialog", { name: "Delete 10 runs?" });
    expect(within(dialog).getAllByRole("listitem").at(-1)?.textContent).toContain("and 2 more");
    expect(dialog.textContent).toContain("2 chosen runs have not ended and stay: stop them first.");
    expect(await within(dialog).findByText("How much space their files take cannot be read.")).toBeTruthy();
  });

  it("say so where the service is away", async () => {
    openRuns([listedRun()], "/runs", { "POST /runs/gpt2-1/cancel": nothing() });
    await user.click(await screen.findByLabelText("Choose gpt2-1"));
    await user.click(screen.getByRole("button", { name: "Stop" }));
    expect(await screen.findByText(/gpt2-1: The service does not answer/)).toBeTruthy();
  });

  it("can be cloned one at a time", async () => {
    openRuns(three);
    await user.click(await screen.findByLabelText("Choose goes"));
    expect(screen.getByRole("link", { name: "Clone" }).getAttribute("href")).toBe("/app/new-run?from=goes");
    await user.click(screen.getByLabelText("Choose done"));
    expect(screen.getByRole("button", { name: "Clone" })).toHaveProperty("disabled", true);
  });

  it("are compared from two on, at an address that has their ids", async () => {
    openRuns(three);
    await user.click(await screen.findByLabelText("Choose goes"));
    expect(screen.getByRole("button", { name: "Compare" })).toHaveProperty("disabled", true);
    await user.click(screen.getByLabelText("Choose done"));
    expect(screen.getByRole("link", { name: "Compare" }).getAttribute("href")).toBe("/app/compare?runs=goes%2Cdone");
  });

  it("stay chosen on other pages, and are no longer once they were let go", async () => {
    openRuns([], "/runs", { "GET /runs": pageOf(60) });
    await user.click(await screen.findByLabelText("Choose at-0"));
    await user.click(screen.getByRole("button", { name: "Next" }));
    await user.click(await screen.findByLabelText("Choose at-50"));
    expect((await bar()).textContent).toContain("2 chosen");
    await user.click(screen.getByLabelText("Choose at-50"));
    expect((await bar()).textContent).toContain("1 chosen");
  });
});

describe("tags and the note of a run", () => {
  const open = async () => await user.click(await screen.findByRole("button", { name: "Tags and note of gpt2-1" }));

  it("are edited in place", async () => {
    let notes: unknown = { tags: ["a,b", "old"], note: "first" };
    const { asked } = openRuns([listedRun()], "/runs", {
      "GET /runs/gpt2-1/notes": () => json(notes),
      "PUT /runs/gpt2-1/notes": ({ body }) => json((notes = body)),
    });
    await open();
    await user.click(await screen.findByRole("button", { name: "Remove the tag old" }));
    await user.type(screen.getByLabelText("Add a tag"), "new,old{Enter}a,b,new,");
    await user.type(screen.getByLabelText("Add a tag"), "last");
    await user.type(screen.getByLabelText("Note"), " second");
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(screen.queryByLabelText("Note")).toBeNull());
    expect(asked.find(({ method }) => method === "PUT")?.body).toEqual({
      tags: ["a,b", "new", "old", "a", "b", "last"],
      note: "first second",
    });
    await open();
    expect(await screen.findByLabelText("Note")).toHaveProperty("value", "first second");
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    expect(screen.queryByLabelText("Note")).toBeNull();
  });

  it("say why they are not saved, and keep what was written", async () => {
    openRuns([listedRun()], "/runs", {
      "GET /runs/gpt2-1/notes": { tags: [], note: "" },
      "PUT /runs/gpt2-1/notes": refusal(409, "CONFLICT", "run gpt2-1 has no folder here yet"),
    });
    await open();
    await user.type(await screen.findByLabelText("Add a tag"), "x{Enter}{Enter}");
    expect(await screen.findByText(/Run gpt2-1 has no folder here yet/)).toBeTruthy();
    expect(screen.getByText("x")).toBeTruthy();
  });

  it("say so where they cannot be read", async () => {
    openRuns([listedRun()], "/runs", { "GET /runs/gpt2-1/notes": refusal(404, "RUN_NOT_FOUND", "run not found") });
    await open();
    expect(await screen.findByText(/The note cannot be read/)).toBeTruthy();
  });
});
