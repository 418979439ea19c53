import { expect, test } from "vitest";
import { withoutCredentials } from "./without-credentials.js";

test.each([
  ["redis://user:secret@host:6379/0", "redis://host:6379/0"],
  ["http://:secret@host/", "http://host"],
  ["http://user@host/a/b", "http://host/a/b"],
])("an address is shown without who logs in: %s", (url, shown) => {
  expect(withoutCredentials(url)).toBe(shown);
});
