import { expect, test } from "vitest";
import { oneTimeAddress } from "./one-time-address.js";

const ask = async (url: string, method = "GET") => {
  const response = await fetch(url, { method, redirect: "manual" });
  return { status: response.status, to: response.headers.get("location"), text: await response.text() };
};

test("it leads on once, and tells whoever comes later that somebody was there", async () => {
  using address = await oneTimeAddress("http://127.0.0.1:8000/?key=k%26y");
  expect(address.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{48}$/);
  expect(address.url).not.toContain("k%26y");
  expect([(await ask(`${address.url}0`)).status, (await ask(address.url, "HEAD")).status]).toEqual([404, 404]);
  expect(await ask(address.url)).toEqual({ status: 303, to: "http://127.0.0.1:8000/?key=k%26y", text: "" });
  await address.used;
  expect(await ask(address.url)).toMatchObject({ status: 410, to: null });
});

test("nobody listens there any more once it is done with", async () => {
  const address = await oneTimeAddress("http://127.0.0.1:8000/");
  address[Symbol.dispose]();
  await expect(ask(address.url)).rejects.toThrow("fetch failed");
});
