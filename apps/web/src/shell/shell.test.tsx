// @vitest-environment happy-dom
import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { answering, nothing, refusal } from "../testing/answers.js";
import { openPage } from "../testing/page.js";

const noRuns = { runs: [], next: null };

afterEach(() => {
  vi.useRealTimers();
});

test("the pages open at the runs, with their name in the title", async () => {
  answering({ "/runs": noRuns });
  const { address } = openPage("/app/");
  expect(await screen.findByRole("heading", { level: 1, name: "Runs" })).toBeVisible();
  expect(address()).toBe("/app/runs");
  expect(document.title).toBe("Runs · Model Trainer");
  const bar = within(screen.getByRole("navigation", { name: "Pages" }));
  expect(bar.getByRole("link", { name: "Runs" }).getAttribute("aria-current")).toBe("page");
});

test("an address that is no page's says so, with a way on", async () => {
  answering({ "/runs": noRuns });
  const { user, address } = openPage("/app/nowhere");
  await screen.findByRole("heading", { name: "There is no such page" });
  await user.click(screen.getByRole("link", { name: "All runs" }));
  await waitFor(() => expect(address()).toBe("/app/runs"));
});

test("a theme that is chosen holds for the next visit, and Auto forgets it", async () => {
  answering({ "/runs": noRuns });
  const { user } = openPage("/app/runs");
  const theme = await screen.findByLabelText("Theme");
  const heard: string[] = [];
  document.addEventListener("themechange", () => heard.push(document.documentElement.dataset["theme"] ?? "none"));
  await user.selectOptions(theme, "Dark");
  expect(localStorage.getItem("trainer.theme")).toBe("dark");
  await user.selectOptions(theme, "Auto");
  expect(heard).toEqual(["dark", "none"]);
});

test("keys typed into a field are the field's", async () => {
  answering({ "/runs": noRuns });
  const { user, address } = openPage("/app/sign-in");
  const key = await screen.findByLabelText("Key");
  await user.type(key, "gr?");
  expect(key).toHaveValue("gr?");
  expect(address()).toBe("/app/sign-in");
});

test("`?` lists the keys, `/` goes to the search, `g r` opens the runs", async () => {
  answering({ "/runs": noRuns });
  const { user } = openPage("/app/nowhere");
  await screen.findByRole("heading", { name: "There is no such page" });
  await user.keyboard("?");
  const list = await screen.findByRole("dialog", { name: "Keyboard shortcuts" });
  expect(within(list).getByText("open Runs")).toBeVisible();
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await user.click(screen.getByRole("button", { name: "Keyboard shortcuts" }));
  await user.click(await screen.findByRole("button", { name: "Close" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await user.keyboard("{Control>}g{/Control}r/x");
  expect(screen.getByRole("heading", { name: "There is no such page" })).toBeVisible();
  await user.keyboard("gr");
  expect(await screen.findByRole("heading", { name: "Runs" })).toBeVisible();
  const search = Object.assign(document.createElement("input"), { type: "search" });
  screen.getByRole("main").append(search);
  await user.keyboard("/");
  expect(search).toHaveFocus();
});

test("a letter alone opens nothing, however soon it is pressed", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  answering({ "/runs": noRuns });
  const { user } = openPage("/app/nowhere");
  await screen.findByRole("heading", { name: "There is no such page" });
  expect(performance.now()).toBe(0);
  await user.keyboard("rxr");
  expect(screen.getByRole("heading", { name: "There is no such page" })).toBeVisible();
});

test("while nothing answers a line says so, and goes when something does", async () => {
  let isThere = false;
  answering({ "/runs": () => (isThere ? noRuns : nothing()) });
  const { user } = openPage("/app/runs");
  expect(await screen.findByText(/^The service does not answer\. What you see/)).toBeVisible();
  expect(screen.getByRole("alert")).toHaveTextContent("The runs cannot be read. The service does not answer.");
  isThere = true;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByText("No runs yet");
  expect(screen.queryByText(/What you see/)).toBeNull();
});

test("a refusal for want of a key leads to the sign-in, and a right key back to where it came from", async () => {
  let isIn = false;
  const asked = answering({
    "/runs": () => (isIn ? noRuns : refusal(401, "UNAUTHORIZED", "Unauthorized")),
    "POST /session": () => {
      isIn = true;
      return new Response(null, { status: 204 });
    },
  });
  const { user, address } = openPage("/app/runs?status=failed");
  await user.type(await screen.findByLabelText("Key"), " right ");
  expect(document.title).toBe("Sign in · Model Trainer");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  await screen.findByRole("heading", { name: "Runs" });
  expect(address()).toBe("/app/runs?status=failed");
  expect(asked.find(({ path }) => path === "/session")?.body).toEqual({ key: "right" });
});

test("signing out takes the cookie and all that was read away, even where nothing answers", async () => {
  const asked = answering({ "/runs": noRuns, "DELETE /session": nothing() });
  const { user, queryClient } = openPage("/app/runs");
  await user.click(await screen.findByRole("button", { name: "Sign out" }));
  await screen.findByRole("heading", { name: "Sign in" });
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toContain("DELETE /session");
  expect(queryClient.getQueryCache().getAll()).toEqual([]);
});

test("an error that no page expects is shown in its own words, with a way to try again", async () => {
  answering({ "/runs": { runs: "many" } });
  openPage("/app/runs");
  expect(await screen.findByRole("alert")).toHaveTextContent(/answered \/runs.* in a way that this page does not know/);
});
