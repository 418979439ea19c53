// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { answering, refusal } from "../../testing/answers.js";
import { stubCanvas } from "../../testing/canvas.js";
import { manifestOf, metricsOf } from "../../testing/compared-run.js";
import { listedRun } from "../../testing/listed-run.js";
import { openPage } from "../../testing/page.js";

const user = userEvent.setup();
const json = (value: unknown): Response => new Response(JSON.stringify(value));

beforeEach(() => void stubCanvas());

/** Opens the comparison over a service that has runs named a to u, of which `a` and `b` differ in their seed alone. */
function open(query: string, steps = 4) {
  const answers = "abcdefghijklmnopqrstu".split("").flatMap((id, i) => {
    const config = { seed: i, learning_rate: id > "b" ? 0.01 : 0.001 };
    const manifest = manifestOf(id, { best_val_loss: 2 + i, best_step: 4, config });
    return [
      [`/runs/${id}`, () => json(listedRun({ run_id: id, status: "completed" }))] as const,
      [`/runs/${id}/manifest`, () => json(manifest)] as const,
      [`/runs/${id}/metrics`, () => json(metricsOf(id, steps, 4 + i))] as const,
    ];
  });
  answering(Object.fromEntries(answers));
  return openPage(`/app/compare${query}`);
}

const table = async (name: string) => within(await screen.findByRole("region", { name }));
const cells = (row: HTMLElement) =>
  within(row)
    .getAllByRole("cell")
    .map(({ textContent }) => textContent);

describe("the comparison", () => {
  it("tells values beside each chart also of many runs", async () => {
    open(`?runs=${"abcdefghi".split("").join(",")}`);
    await screen.findByRole("img", { name: /^Training loss\./ });
    const chart = within(screen.getByRole("figure", { name: "Training loss" }));
    expect(chart.getAllByRole("listitem")).toHaveLength(6);
    expect(chart.getByText("6 of 9")).toBeTruthy();
    const over = chart.getByRole("img").querySelector(".u-over");
    if (over === null) throw new Error("there is one");
    fireEvent.mouseEnter(over);
    fireEvent.mouseMove(over, { clientX: 5, clientY: 180 });
    expect(await chart.findByText(/^step \d$/)).toBeTruthy();
    const rate = within(screen.getByRole("figure", { name: "Learning rate" }));
    const names = ({ getAllByRole }: typeof chart) =>
      getAllByRole("listitem").map(({ textContent }) => textContent?.charAt(0));
    await waitFor(() => expect(names(chart)).toEqual(["f", "e", "d", "c", "b", "a"]));
    expect(names(rate)).toEqual(names(chart)); // the same runs in every chart
    fireEvent.mouseMove(over, { clientX: 6, clientY: 180 });
    expect(names(rate)).toEqual(names(chart));
  });

  it("shows curves, results, means over seeds and the settings that differ", async () => {
    open("?runs=a,b,c");
    const results = await table("Results of the runs");
    expect(document.title).toBe("Compare runs · Model Trainer");
    const losses = await results.findByRole("row", { name: /^Best validation loss/ });
    await waitFor(() => expect(cells(losses)).toEqual(["2.0000 best", "3.0000", "4.0000"]));
    const means = await table("Means over seeds");
    expect(cells(means.getByRole("row", { name: /Best validation loss/ }))).toEqual([
      "Best validation loss",
      "2.5000 ± 0.7071",
    ]);
    const settings = await table("Settings of the runs");
    expect(
      settings
        .getAllByRole("rowheader")
        .map(({ textContent }) => textContent)
        .sort(),
    ).toEqual(["learning rate", "seed"]);
    expect(screen.getByRole("img", { name: /^Validation loss\./ })).toBeTruthy();
    expect(screen.getByRole("img", { name: /^Gradient norm\./ })).toBeTruthy();
  });

  it("shows all settings on demand", async () => {
    const { router } = open("?runs=a,b");
    await user.click(await screen.findByLabelText("Differences only"));
    const settings = await table("Settings of the runs");
    await waitFor(() => expect(settings.getByRole("rowheader", { name: "corpus" })).toBeTruthy());
    expect(router.state.location.search).toMatchObject({ all: true });
    await user.click(screen.getByLabelText("Differences only"));
    await waitFor(() => expect(settings.queryByRole("rowheader", { name: "corpus" })).toBeNull());
  });

  it("says that all settings are the same", async () => {
    open("?runs=a");
    expect(await screen.findByText("All settings are the same.")).toBeTruthy();
  });

  it("hides, pins and takes out runs, and keeps that in the address", async () => {
    const { router } = open("?runs=a,b,c");
    await user.click(await screen.findByRole("button", { name: "Hide a" }));
    await user.click(await screen.findByRole("button", { name: "Pin b" }));
    await waitFor(() => expect(router.state.location.search).toMatchObject({ hidden: "a", pinned: "b" }));
    const summary = () => screen.getByRole("img", { name: /^Training loss\./ }).getAttribute("aria-label");
    expect(summary()).toContain("b:");
    expect(summary()).not.toContain("a:");
    await user.click(screen.getByRole("button", { name: "Hide b" }));
    await user.click(screen.getByRole("button", { name: "Hide c" }));
    expect(await screen.findByText("No curves to show")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Take c out" }));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Take c out" })).toBeNull());
    expect(router.state.location.search).toMatchObject({ runs: "a,b" });
  });

  it("keeps axis, scale, smoothing and zoom in the address", async () => {
    const { router } = open("?runs=a,b&from=1&to=3");
    await user.selectOptions(await screen.findByLabelText("Over"), "Tokens");
    await user.click(screen.getByLabelText("Logarithmic"));
    fireEvent.change(screen.getByRole("slider"), { target: { value: "0.3" } });
    await waitFor(() =>
      expect(router.state.location.search).toEqual({ runs: "a,b", x: "tokens", log: true, smooth: 0.3 }),
    );
    await user.click(screen.getByLabelText("Logarithmic"));
    screen.getByRole("img", { name: /^Training loss\./ }).focus();
    await user.keyboard("+");
    await waitFor(() => expect(router.state.location.search).toHaveProperty("from"));
    expect(router.state.location.search).not.toHaveProperty("log", true);
    await user.keyboard("{Home}");
    await waitFor(() => expect(router.state.location.search).not.toHaveProperty("from", expect.anything()));
  });

  it("compares twenty runs at most, and says so", async () => {
    open("?runs=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u");
    expect(await screen.findByText(/The first 20 of 21 runs are compared/)).toBeTruthy();
    await waitFor(() =>
      expect(within(screen.getByRole("list", { name: "Compared runs" })).getAllByRole("listitem")).toHaveLength(20),
    );
  });

  it("shows the runs that are there, and says which are not", async () => {
    open("?runs=a,gone");
    expect(await screen.findByText("gone cannot be read.")).toBeTruthy();
    expect(await screen.findByRole("button", { name: "Pin a" })).toBeTruthy();
  });

  it("says what to do where no run is named", async () => {
    open("");
    expect(await screen.findByText("No runs are chosen")).toBeTruthy();
  });

  it("has no results of a run that has not begun", async () => {
    answering({
      "/runs/q": () => json(listedRun({ run_id: "q", status: "queued", training: null })),
      "/runs/q/manifest": refusal(404, "DATA_NOT_FOUND", "manifest not found"),
      "/runs/q/metrics": () => json({ run_id: "q", steps: [], evaluations: [], total_steps_logged: 0 }),
    });
    openPage("/app/compare?runs=q");
    expect(await screen.findByText("No curves to show")).toBeTruthy();
    expect(screen.queryByRole("region", { name: "Results of the runs" })).toBeNull();
  });

  it("leaves open what is not known of a run beside others", async () => {
    answering({
      "/runs/a": () => json(listedRun({ run_id: "a" })),
      "/runs/a/manifest": () => json(manifestOf("a", { parameters: 5, config: { seed: 1 } })),
      "/runs/a/metrics": () => json(metricsOf("a", 4)),
      "/runs/q": () => json(listedRun({ run_id: "q", status: "queued", training: null })),
    });
    openPage("/app/compare?runs=a,q&all=true");
    const results = await table("Results of the runs");
    await waitFor(() => expect(cells(results.getByRole("row", { name: /^Parameters/ }))).toEqual(["5", "–"]));
    const settings = await table("Settings of the runs");
    expect(cells(settings.getByRole("row", { name: /^seed/ }))).toEqual(["1", "–"]);
  });
});
