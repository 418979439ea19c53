// @vitest-environment happy-dom
import { screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { answering } from "./testing/answers.js";
import "./testing/page.js";

test("the pages start in the theme that was chosen, at the browser's address", async () => {
  localStorage.setItem("trainer.theme", "dark");
  history.replaceState(null, "", "/app/sign-in");
  document.body.innerHTML = '<div id="root"></div>';
  answering({});
  await import("./main.js");
  expect(await screen.findByRole("heading", { name: "Sign in" })).toBeVisible();
  expect(document.documentElement.dataset["theme"]).toBe("dark");
});

test("a document without a place for the pages is an error", async () => {
  vi.resetModules();
  document.body.innerHTML = "";
  await expect(import("./main.js")).rejects.toThrow("index.html has no #root");
});
