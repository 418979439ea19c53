import { expect, test } from "vitest";
import { shownSettings, tellSettings, toldSettings } from "./shown-settings.js";

const sources = [
  { env: ["PORT"], toml: "port", value: 8000, source: "default" },
  { env: ["REDIS__URL", "REDIS_URL"], toml: "redis.url", value: "redis://redis:6379/0", source: "default" },
];
const port = { name: "PORT", toml: "port", value: 8000, source: "default" };

test("a setting is shown with its place, and with what `trainer serve` gives in its stead", () => {
  const served = [{ name: "REDIS__URL", value: null, why: "a Redis of its own" }];
  expect(shownSettings(sources, served)).toEqual([
    port,
    { name: "REDIS__URL", toml: "redis.url", value: null, source: "trainer serve: a Redis of its own" },
  ]);
});

test("a process is told the settings by its environment, and goes by its own where that holds none, or something else", () => {
  const settings = shownSettings(sources);
  expect(toldSettings(tellSettings(settings))).toEqual(settings);
  for (const text of [undefined, "", "{", '[{"name":1}]'])
    expect(toldSettings({ TRAINER_SHOWN_SETTINGS: text })).toBeNull();
});
