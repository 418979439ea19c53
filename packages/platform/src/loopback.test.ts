import { expect, test } from "vitest";
import { isLoopback } from "./loopback.js";

test.each(["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])("%s is this machine", (host) => {
  expect(isLoopback(host)).toBe(true);
});

test.each(["0.0.0.0", "::", "127.evil.com", "localhost.evil.com", "10.0.0.1", ""])("%j is not", (host) => {
  expect(isLoopback(host)).toBe(false);
});
