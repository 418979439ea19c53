import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { loadConfig } from "../../apps/cli/src/serve/settings.js";
import { NODE_IMAGE, REDIS_IMAGE } from "../containers/base-images.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

const Service = z.looseObject({
  image: z.string().optional(),
  profiles: z.array(z.string()).optional(),
  restart: z.string().optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.coerce.string()).optional(),
  ports: z.array(z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
});
const Compose = z.looseObject({
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.unknown()).optional(),
});

const FILES = ["compose.yaml", "compose.gpu.yaml", "compose.s3.yaml"];
const compose = (file: string) => Compose.parse(parse(read(`deploy/${file}`), { merge: true }));
const main = compose("compose.yaml");
const services = Object.entries(main.services);
const environmentOf = (service: string) => main.services[service]?.environment ?? {};

/** What is used of .env in a file: each name with its default, or with what is said where it has none. */
const used = FILES.flatMap((file) =>
  [...read(`deploy/${file}`).matchAll(/(?<!\$)\$\{(\w+)(?::([-?])([^}]*))?\}/g)].map(
    ([, name = "", kind = "", rest = ""]) => ({ name, required: kind === "?", rest }),
  ),
);
const example = new Map(
  [...read("deploy/.env.example").matchAll(/^(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
);
const filled = (text: string) =>
  text
    .replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind: string, rest: string) =>
      kind === "?" ? "k".repeat(64) : example.get(name) || (rest ?? ""),
    )
    .replaceAll("$$", "$");

describe("deploy/compose.yaml", () => {
  test("starts the same parts in both profiles, and the bot in its own", () => {
    const inProfile = (profile: string) =>
      services.flatMap(([name, { profiles = [] }]) => (profiles.includes(profile) ? [name] : []));
    expect(inProfile("dev")).toEqual(["api", "worker", "data-bank", "redis"]);
    expect(inProfile("prod")).toEqual(inProfile("dev"));
    expect(inProfile("discord")).toEqual(["discord-bot"]);
  });

  test.each(services)("%s can write to its volumes alone, and is looked after", (_, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], restart: "unless-stopped" });
    expect(service.healthcheck?.test.length).toBeGreaterThan(1);
  });

  test("each part is the command of its name", () => {
    const parts = services.filter(([name]) => name !== "redis");
    for (const [name, { command }] of parts) expect(command).toEqual([name]);
  });

  test("only the API and the file service have ports, and those of this machine", () => {
    const open = services.filter(([, { ports = [] }]) => ports.length > 0);
    expect(open.map(([name]) => name)).toEqual(["api", "data-bank"]);
    for (const [, { ports = [] }] of open)
      for (const port of ports) expect(filled(port)).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  test("every volume that is mounted is declared", () => {
    const mounted = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(":")[0]));
    expect(new Set(mounted)).toEqual(new Set(Object.keys(main.volumes ?? {})));
  });

  test("the base images are those that the containers' test makes", () => {
    expect(filled(main.services["redis"]?.image ?? "")).toBe(REDIS_IMAGE);
    expect(read("deploy/Dockerfile")).toContain(`ARG NODE_IMAGE=${NODE_IMAGE}\n`);
  });
});

describe("what the parts are told", () => {
  const folder = mkdtempSync(join(tmpdir(), "trainer-deploy-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(["api", "worker"])("%s knows every setting, and takes its value", (service) => {
    const given = Object.entries(environmentOf(service)).map(([name, value]) => [name, filled(value)]);
    const { sources, config } = loadConfig({ env: Object.fromEntries(given), cwd: folder });
    const known = new Set(sources.flatMap(({ env }) => env));
    expect(given.filter(([name = ""]) => !known.has(name))).toEqual([]);
    expect(config).toMatchObject({
      app: { artifactsRoot: "/data/artifacts", dataBankApiUrl: "http://data-bank:8001" },
    });
  });

  test.each([
    ["data-bank", "services/data-bank/src/config.ts"],
    ["discord-bot", "apps/discord-bot/src/config.ts"],
  ])("%s reads every variable", (service, schema) => {
    const known = new Set([...read(schema).matchAll(/^ {4}([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name));
    const files = FILES.map((file) => compose(file).services[service]?.environment ?? {});
    const names = files.flatMap((environment) => Object.keys(environment));
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  test("no part is given a secret that it has no use for", () => {
    const holders = (secret: string) =>
      services.flatMap(([name, { environment = {} }]) =>
        JSON.stringify(environment).includes(`\${${secret}`) ? [name] : [],
      );
    expect(holders("SECURITY__API_KEY")).toEqual(["api", "discord-bot"]);
    expect(holders("APP__DATA_BANK_API_KEY")).toEqual(["api", "worker", "data-bank"]);
    expect(holders("DISCORD_TOKEN")).toEqual(["discord-bot"]);
  });
});

describe("deploy/.env.example", () => {
  test("has every variable that the compose files read, and no other", () => {
    const names = new Set(used.map(({ name }) => name));
    names.add("COMPOSE_PROFILES"); // Compose's own
    const silent = ["RQ__RESULT_TTL_SEC", "RQ__FAILURE_TTL_SEC", "API__QUEUE_LIMIT", "API__REQUESTS_PER_MINUTE"];
    const rare = [...silent, "WORKER__MODELS__BYTES", "API_READ_KEYS", "API_DELETE_KEYS", "AWS_SESSION_TOKEN"];
    expect(new Set([...example.keys(), ...rare])).toEqual(names);
  });

  test("shows the defaults", () => {
    const defaults = used.filter(({ required, rest }) => !required && rest !== "");
    expect(defaults.length).toBeGreaterThan(5);
    for (const { name, rest } of defaults) expect({ name, value: example.get(name) }).toEqual({ name, value: rest });
  });

  test("holds no secret, and what is missing is said in a sentence", () => {
    const required = used.filter((each) => each.required);
    expect(required.length).toBeGreaterThan(5);
    for (const { name, rest } of required) {
      expect({ name, value: example.get(name) }).toEqual({ name, value: "" });
      expect(rest).toMatch(new RegExp(`^set ${name} in deploy/\\.env`));
    }
    const secrets = used.filter(({ name }) => /KEY$|PASSWORD|TOKEN|SECRET/.test(name));
    expect(secrets.filter((each) => !each.required && each.rest !== "")).toEqual([]);
  });
});

describe("deploy/Dockerfile", () => {
  const lines = read("deploy/Dockerfile").split("\n");

  test("installs by the manifest of every workspace", () => {
    const Manifest = z.object({ workspaces: z.array(z.string()) });
    const workspaces = Manifest.parse(JSON.parse(read("package.json"))).workspaces.flatMap((pattern) =>
      pattern.endsWith("/*")
        ? readdirSync(join(root, pattern.slice(0, -2))).map((name) => `${pattern.slice(0, -1)}${name}`)
        : [pattern],
    );
    const copied = lines.flatMap((line) => /^COPY (\S+)\/package\.json \1\/$/.exec(line)?.[1] ?? []);
    expect(new Set(copied)).toEqual(new Set(workspaces));
  });

  test("makes an image for processors unless another is asked for, for a user without rights", () => {
    const stages = lines.flatMap((line) => /^FROM \S+ AS (\S+)$/.exec(line)?.[1] ?? []);
    expect(stages.at(-1)).toBe("cpu");
    expect(stages).toContain("cuda");
    expect(lines).toContain("USER 10001:10001");
    expect(lines.some((line) => line.startsWith("HEALTHCHECK "))).toBe(true);
    expect(lines.filter((line) => /^(ENV|ARG) .*(KEY|TOKEN|PASSWORD|SECRET)/.test(line))).toEqual([]);
  });
});
