import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { dataBankConfig } from "@trainer/data-bank";
import { scratchPath } from "@trainer/testing";
import { LONGEST_STOP_MS } from "@trainer/worker";
import { expect, test } from "vitest";
import { loadConfig } from "../src/serve/settings.js";

const FOLDER = fileURLToPath(new URL("../../../deploy/systemd", import.meta.url));
const units = readdirSync(FOLDER).filter((name) => /\.(service|target)$/.test(name));
const services = units.filter((name) => name.endsWith(".service"));
const read = (name: string) => readFileSync(join(FOLDER, name), "utf8");

/** The values of a key of a unit. */
const values = (name: string, key: string): string[] =>
  Array.from(read(name).matchAll(new RegExp(`^${key}=(.*)$`, "gm")), ([, value = ""]) => value);

/** What `systemd-analyze verify` says of units, where the program is one that is there. */
function verify(files: Readonly<Record<string, string>>): string {
  const folder = scratchPath("systemd");
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, name), text.replaceAll("/usr/local/bin/trainer", process.execPath));
  const paths = Object.keys(files).map((name) => join(folder, name));
  const { stdout, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...paths], { encoding: "utf8" });
  return `${stdout}${stderr}`
    .split("\n")
    .filter((line) => line.includes(folder))
    .join("\n"); // not the machine's own units
}

test("each unit starts a command of the program, and the target all parts", () => {
  const commands = services.map((name) => String(values(name, "ExecStart")[0]).split(" ").slice(0, 2).join(" "));
  expect(commands).toEqual(
    ["api", "data-bank", "worker", "serve"].map((command) => `/usr/local/bin/trainer ${command}`),
  );
  const wanted = String(values("model-trainer.target", "Wants")[0]).split(" ");
  expect(wanted.map((name) => name.replace("@1", "@")).toSorted()).toEqual(
    services.filter((name) => name !== "model-trainer.service").toSorted(),
  );
});

test("a worker is given longer to end than it takes, and `trainer serve` than all its parts take", () => {
  const seconds = (name: string) => Number(values(name, "TimeoutStopSec")[0]);
  expect(seconds("model-trainer-worker@.service") * 1000).toBeGreaterThan(LONGEST_STOP_MS + 10_000);
  expect(seconds("model-trainer.service")).toBeGreaterThan(25 + 5 + 10 + 10);
});

test("every unit is held as tightly as the others", () => {
  const hardening = (name: string) => read(name).split("# What the program needs")[1]?.split("[Install]")[0];
  expect(new Set(services.map(hardening)).size).toBe(1);
  expect(hardening("model-trainer.service")).toContain("ProtectSystem=strict");
});

test("the example of the environment has settings alone, and keys are left to be chosen", () => {
  const { TRAINER_CACHE: _, TRAINER_HOME: home, ...env } = parseEnv(read("model-trainer.env.example"));
  const { config } = loadConfig({ env: { ...env }, cwd: FOLDER });
  expect(config).toMatchObject({
    app: { artifactsRoot: home, dataRoot: home, dataBankApiUrl: "http://127.0.0.1:8001" },
  });
  expect([config.security.apiKey, config.app.dataBankApiKey]).toEqual(["", ""]);
  expect(dataBankConfig({ ...env }).host).toBe("127.0.0.1");
});

test.runIf(existsSync("/usr/bin/systemd-analyze"))(
  "systemd itself has nothing to say of them, and of damage it has",
  () => {
    const whole = Object.fromEntries(units.map((name) => [name, read(name)]));
    expect(verify(whole)).toBe("");
    const damaged = {
      ...whole,
      "model-trainer-api.service": read("model-trainer-api.service").replace("KillMode=", "KilMode="),
    };
    expect(verify(damaged)).toContain("KilMode");
  },
);
