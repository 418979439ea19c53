// @vitest-environment happy-dom
import { screen, waitFor, within } from "@testing-library/react";
import type { CleanupReport } from "@trainer/platform/browser";
import { expect, test } from "vitest";
import { answering, refusal, type Answer } from "../../testing/answers.js";
import { openPage } from "../../testing/page.js";
import { system } from "../../testing/system.js";

type Decision = CleanupReport["decisions"][number];
const decision = (more: Partial<Decision>): Decision => ({
  kind: "bins",
  id: "b-1",
  bytes: 2 ** 30,
  files: 3,
  removed: false,
  reason: "dry_run",
  ...more,
});
const report = (decisions: readonly Decision[], more: Partial<CleanupReport> = {}): CleanupReport => {
  const going = decisions.filter(({ reason }) => reason === null || reason === "dry_run");
  const bytes_freed = going.reduce((sum, { bytes }) => sum + bytes, 0);
  return { dry_run: true, bytes_freed, decisions: [...decisions], failures: [], ...more };
};

function opened(cleanup: (body: unknown) => Answer | CleanupReport) {
  const asked = answering({
    "/readyz": { status: "ready" },
    "/capabilities": { model_families: [], tokenizer_methods: [], devices: [], optimizers: [] },
    "/system": system(),
    "POST /system/cleanup": ({ body }) => cleanup(body),
  });
  const page = openPage("/app/system");
  const bodies = () => asked.filter(({ path }) => path === "/system/cleanup").map(({ body }) => body);
  return { ...page, bodies, look: async () => await page.user.click(await screen.findByRole("button", LOOK)) };
}
const LOOK = { name: "See what would go" };
const isDry = (body: unknown) => JSON.stringify(body).includes('"dry_run":true');

const preset = {
  bins_max_bytes: 50 * 2 ** 30,
  bins_max_unused_days: 30,
  corpus_cache_max_bytes: 10 * 2 ** 30,
  corpus_cache_min_free_bytes: 2 * 2 ** 30,
  tokenizers_min_unused_days: 30,
};

test("nothing is removed before what would go was seen and confirmed; then what went is said", async () => {
  const kept = decision({ id: "b-2", reason: "in_use" });
  const { user, bodies, look } = opened((body) =>
    isDry(body)
      ? report([decision({}), kept])
      : report([decision({ removed: true, reason: null }), kept], { dry_run: false }),
  );
  await look();
  expect(await screen.findByText("1 thing (1.0 GiB) would go.")).toBeVisible();
  const going = within(screen.getByRole("region", { name: "What would go" }));
  expect(going.getByRole("row", { name: /b-1/ })).toHaveTextContent("b-1Prepared text1.0 GiBWould go");
  expect(screen.getByText("1 stays")).toBeVisible();
  const staying = within(screen.getByRole("region", { name: "What stays", hidden: true }));
  expect(staying.getByText("Stays: it is in use")).toBeInTheDocument();
  const remove = screen.getByRole("button", { name: "Remove 1 thing (1.0 GiB)" });
  await user.click(remove);
  const dialog = within(screen.getByRole("dialog", { name: "Remove 1 thing (1.0 GiB)?" }));
  expect(dialog.queryByText(/gone for good/)).toBeNull();
  await user.click(dialog.getByRole("button", { name: "Keep" }));
  expect(bodies()).toEqual([{ ...preset, dry_run: true, kinds: ["bins", "corpus_cache"] }]);
  await user.click(remove);
  await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Remove" }));
  expect(await screen.findByText("1 thing (1.0 GiB) removed.")).toBeVisible();
  expect(bodies()[1]).toEqual({ ...preset, dry_run: false, kinds: ["bins", "corpus_cache"] });
  expect(screen.getByRole("region", { name: "What was removed" })).toBeVisible();
  expect(screen.queryByRole("button", { name: /^Remove/ })).toBeNull();
});

test("limits are asked for in days and GiB, and what is shown goes by them alone", async () => {
  const { user, bodies, look } = opened(() => report([]));
  const form = within(await screen.findByRole("form", { name: "Clean up" }));
  await user.click(form.getByRole("checkbox", { name: "Fetched texts" }));
  await user.click(form.getByRole("checkbox", { name: "Tokenizers without a run" }));
  await user.type(form.getByRole("textbox", { name: "Days unused" }), "0");
  await user.type(form.getByRole("textbox", { name: "GiB in all" }), " 1,5 ");
  await user.type(form.getByRole("textbox", { name: "Days old" }), "0.5");
  await look();
  expect(await screen.findByText("Nothing would go.")).toBeVisible();
  expect(bodies()).toEqual([
    {
      ...preset,
      dry_run: true,
      kinds: ["bins", "tokenizers"],
      bins_max_unused_days: 0,
      bins_max_bytes: 1.5 * 2 ** 30,
      tokenizers_min_unused_days: 0.5,
    },
  ]);
  await user.type(form.getByRole("textbox", { name: "Days unused" }), "x");
  expect(screen.queryByText("Nothing would go.")).toBeNull();
  expect(form.getByText("must be a number from 0")).toBeVisible();
  expect(form.getByRole("button", LOOK)).toBeDisabled();
  await user.type(form.getByRole("textbox", { name: "Days unused" }), "{Enter}");
  await user.click(form.getByRole("checkbox", { name: "Prepared texts" }));
  expect(form.getByRole("button", LOOK)).toBeEnabled();
  await user.click(form.getByRole("checkbox", { name: "Tokenizers without a run" }));
  expect(form.getByRole("button", LOOK)).toBeDisabled();
  expect(bodies()).toHaveLength(1);
});

test("tokenizers that go are said to be gone for good, and long lists are cut", async () => {
  const many = Array.from({ length: 103 }, (_, i) => decision({ kind: "tokenizers", id: `t-${i}`, bytes: 1 }));
  const stays = [decision({ id: "x", reason: "within_limits" }), decision({ id: "y", reason: "recently_used" })];
  const { user, look } = opened(() => report([...many, ...stays]));
  await look();
  expect(await screen.findByText("and 3 more")).toBeVisible();
  expect(screen.getByText("2 stay")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Remove 103 things (103 B)" }));
  expect(within(screen.getByRole("dialog")).getByText(/gone for good/)).toBeVisible();
});

test("what fails is said, of one kind or of all", async () => {
  let answer: Answer | CleanupReport = report([], {
    failures: [{ kind: "corpus_cache", message: "EACCES: no access" }],
  });
  const { user, look } = opened(() => answer);
  await look();
  expect(await screen.findByText("Fetched text: EACCES: no access.")).toBeVisible();
  answer = refusal(503, "SERVICE_UNAVAILABLE", "Redis cannot be reached now; try again");
  await look();
  expect(await screen.findByText("Redis cannot be reached now; try again.")).toBeVisible();
  answer = report([decision({})]);
  await look();
  await user.click(await screen.findByRole("button", { name: /^Remove 1/ }));
  answer = refusal(500, "INTERNAL_ERROR", "it broke");
  await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Remove" }));
  expect(await screen.findByText("It broke.")).toBeVisible();
  answer = report([], { dry_run: false });
  await user.click(screen.getByRole("button", { name: /^Remove 1/ }));
  await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Remove" }));
  await waitFor(() => expect(screen.getByText("Nothing was removed.")).toBeVisible());
});
