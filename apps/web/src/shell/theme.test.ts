// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import { chooseTheme, storedTheme } from "./theme.js";

test("a theme that is none is the system's", () => {
  localStorage.setItem("trainer.theme", "purple");
  expect(storedTheme()).toBe("system");
});

test("where a browser lets nothing be stored, a theme lasts as long as the page", () => {
  const denied = () => {
    throw new DOMException("denied", "SecurityError");
  };
  vi.stubGlobal("localStorage", { getItem: denied, setItem: denied });
  expect(storedTheme()).toBe("system");
  chooseTheme("light");
  expect(document.documentElement.dataset["theme"]).toBe("light");
  vi.unstubAllGlobals();
});
