import { expect, test } from "vitest";
import { ANY, keyFor, type OwnedKey } from "./key-for.js";

function asked(url: string, keys: readonly OwnedKey[]) {
  const warnings: string[] = [];
  return { key: keyFor(url, keys, { warn: (line) => void warnings.push(line) }), warnings };
}

const own: OwnedKey = { key: "own", url: "http://127.0.0.1:8000" };

test.each(["http://127.0.0.1:8000", "http://127.0.0.1:8000/", "http://127.0.0.1:8000/trainer"])(
  "a key of an address goes to %s, its origin",
  (url) => {
    expect(asked(url, [own])).toEqual({ key: "own", warnings: [] });
  },
);

test.each([
  "http://127.0.0.1:8001",
  "https://127.0.0.1:8000",
  "http://localhost:8000",
  "http://127.0.0.1:8000@evil.example",
  "http://127.0.0.1.evil.example:8000",
])("a key of another address does not go to %s", (url) => {
  expect(asked(url, [own, { key: "k", url: undefined }, { key: "", url: ANY }])).toEqual({
    key: undefined,
    warnings: [],
  });
});

test("a key that was given for whatever is named goes there, and comes first", () => {
  expect(asked("https://far.example", [{ key: "given", url: ANY }, own]).key).toBe("given");
  expect(asked("http://127.0.0.1:8000", [{ key: undefined, url: ANY }, own]).key).toBe("own");
});

test("a key that anybody on the way can read is warned of", () => {
  expect(asked("http://far.example:8000/x", [{ key: "given", url: ANY }]).warnings).toEqual([
    "The key goes to http://far.example:8000 unencrypted, for anybody on the way to read: docs/security.md has better ways.",
  ]);
  expect(asked("https://far.example", [{ key: "given", url: ANY }]).warnings).toEqual([]);
  expect(asked("http://[::1]:8000", [{ key: "given", url: ANY }]).warnings).toEqual([]);
  expect(asked("http://far.example", [own]).warnings).toEqual([]);
});
