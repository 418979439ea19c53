import { expect, test } from "vitest";
import { isForeign, isLoopback } from "./loopback.js";

test.each(["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])("%s is this machine", (host) => {
  expect(isLoopback(host)).toBe(true);
});

test.each(["0.0.0.0", "::", "127.evil.com", "localhost.evil.com", "10.0.0.1", ""])("%j is not", (host) => {
  expect(isLoopback(host)).toBe(false);
});

test.each([
  [{ host: "127.0.0.1:8001" }, false],
  [{ host: "[::1]:8001", origin: "http://localhost:3000" }, false],
  [{ host: "localhost", origin: "https://evil.com" }, true],
  [{ host: "localhost", origin: "null" }, true],
  [{ host: "evil.com:8001" }, true],
  [{}, true],
])("%j comes from elsewhere: %s", (headers, foreign) => {
  expect(isForeign(headers)).toBe(foreign);
});
