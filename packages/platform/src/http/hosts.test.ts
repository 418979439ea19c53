import { describe, expect, test } from "vitest";
import { Hosts } from "./hosts.js";

const here = new Hosts({ bindHost: "127.0.0.1", publicHosts: [] });
const open = new Hosts({ bindHost: "0.0.0.0", publicHosts: ["Trainer.example.org"] });
const named = new Hosts({ bindHost: "Box.lan", publicHosts: [] });

describe("a service for this machine alone", () => {
  test.each(["127.0.0.1:8000", "localhost", "LOCALHOST:80", "[::1]:8000", "127.9.9.9"])("is known as %s", (host) => {
    expect(here.isKnown(host)).toBe(true);
  });
  test.each([
    "evil.example",
    "localhost.evil.example:8000",
    "127.0.0.1.evil.example",
    "localhost.",
    "203.0.113.7:8000",
    "0.0.0.0:8000",
    "box:8000",
    "trainer.example.org",
    "a b",
    "",
    undefined,
  ])("is not known as %j", (host) => {
    expect(here.isKnown(host)).toBe(false);
  });
});

describe("a service that other machines reach", () => {
  test.each([
    "localhost:8000",
    "trainer.example.org",
    "TRAINER.example.org:443",
    "203.0.113.7:8000",
    "[2001:db8::7]:8000",
    "api:8000",
  ])("is known as %s", (host) => {
    expect(open.isKnown(host)).toBe(true);
  });
  test.each(["evil.example", "203.0.113.7.evil.example", "api.evil.example", "other.example.org", "", undefined])(
    "is not known as %j",
    (host) => {
      expect(open.isKnown(host)).toBe(false);
    },
  );
  test("is known by the name that it listens on", () => {
    expect([named.isKnown("box.LAN:8000"), named.isKnown("mox.lan")]).toEqual([true, false]);
  });
});

const ask = (headers: object) => () => open.refuseForeign({ host: "LocalHost:8000", ...headers });

test.each([
  {},
  { "sec-fetch-site": "none" },
  { "sec-fetch-site": "same-origin", origin: "http://localhost:8000" },
  { origin: "http://localhost:8000" },
  { origin: "https://trainer.example.org" },
])("a request with %j comes from no other page", (headers) => {
  expect(ask(headers)).not.toThrow();
});

test.each([
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
  { origin: "http://localhost:3000" },
  { origin: "http://127.0.0.1:8000" },
  { origin: "https://evil.example" },
  { origin: "null" },
])("a request with %j is refused as one of another page", (headers) => {
  expect(ask(headers)).toThrow("no page of another site is served");
});
