import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dataBankConfig } from "@trainer/data-bank";
import { queues } from "@trainer/platform";
import { at } from "@trainer/disk";
import { LONGEST_STOP_MS } from "@trainer/worker";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { problemsOf } from "../../../scripts/kubernetes/problems.js";
import { loadConfig } from "../src/serve/settings.js";

const FOLDER = fileURLToPath(new URL("../../../deploy/kubernetes", import.meta.url));

const Manifest = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) });

const documents = (file: string): unknown[] =>
  parseAllDocuments(readFileSync(join(FOLDER, file), "utf8")).map((each): unknown => {
    expect(each.errors).toEqual([]);
    return z.unknown().parse(each.toJS());
  });

const Variables = z.array(z.looseObject({ name: z.string(), value: z.string().optional() }));
const Container = z.looseObject({
  name: z.string(),
  args: z.array(z.string()).default([]),
  env: Variables.default([]),
  ports: z.array(z.looseObject({ containerPort: z.int() })).default([]),
});
const Workload = z.looseObject({
  metadata: z.object({ name: z.string() }),
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({ terminationGracePeriodSeconds: z.int(), containers: z.array(Container) }),
    }),
  }),
});

const Kustomization = z.looseObject({
  resources: z.array(z.string()),
  configMapGenerator: z.array(z.object({ name: z.string(), literals: z.array(z.string()) })),
  secretGenerator: z.array(z.object({ name: z.string(), envs: z.array(z.string()) })),
});
const kustomization = Kustomization.parse(documents("base/kustomization.yaml")[0]);

/** The base as kustomize builds it, without what it adds to names. */
const base = () => [
  ...kustomization.resources.flatMap((file) => documents(join("base", file))).map((each) => Manifest.parse(each)),
  ...kustomization.configMapGenerator.map(({ name }) => ({ kind: "ConfigMap", metadata: { name } })),
  ...kustomization.secretGenerator.map(({ name }) => ({ kind: "Secret", metadata: { name } })),
];

const settings = Object.fromEntries(
  at(kustomization.configMapGenerator, 0).literals.map((line) => {
    const [name = "", ...value] = line.split("=");
    return [name, value.join("=")];
  }),
);

/** A part's pod and its container. */
function partOf(name: string) {
  const found = base().find(({ kind, metadata }) => /^(Deployment|StatefulSet)$/.test(kind) && metadata.name === name);
  const pod = Workload.parse(found).spec.template.spec;
  return { pod, container: at(pod.containers, 0) };
}

/** What a container finds in its environment, with an example for what comes of elsewhere. */
const envOf = ({ env }: z.output<typeof Container>): Record<string, string> =>
  Object.fromEntries(
    env.map(({ name, value = name === "APP__THREADS" ? "4" : "x" }) => [name, value.replace("$(REDIS_PASSWORD)", "x")]),
  );

test("all that the base's manifests name is there, and no pod may do more than it needs", () => {
  expect(problemsOf(base())).toEqual([]);
});

test("every variable is a setting of the part that gets it", () => {
  const { REDIS_PASSWORD: _, ...api } = envOf(partOf("api").container);
  const { config } = loadConfig({ env: { ...settings, ...api }, cwd: FOLDER });
  expect(config).toMatchObject({
    security: { apiKey: "x" },
    redis: { url: "redis://:x@redis:6379/0" },
    app: { dataRoot: "/data", artifactsRoot: "/data/artifacts", dataBankApiUrl: "http://data-bank:8001" },
  });
  const { REDIS_PASSWORD: __, ...worker } = envOf(partOf("worker").container);
  expect(loadConfig({ env: { ...settings, ...worker }, cwd: FOLDER }).config.app.threads).toBe(4);
  const bank = dataBankConfig(envOf(partOf("data-bank").container));
  expect(bank).toMatchObject({ root: "/data/files", keys: { upload: ["x"], read: ["x"], delete: ["x"] } });
});

test("commands and ports are the program's, and the secrets are those that the example asks for", () => {
  const { config } = loadConfig({ env: {}, cwd: FOLDER });
  const ports = (name: string) => partOf(name).container.ports.map(({ containerPort }) => containerPort);
  expect([...ports("api"), ...ports("data-bank")]).toEqual([config.port, config.dataBankPort]);
  for (const name of ["api", "worker", "data-bank"]) expect(partOf(name).container.args).toEqual([name]);
  const asked = [...readFileSync(join(FOLDER, "base/secrets.env.example"), "utf8").matchAll(/^(\w+)=$/gm)];
  const used = JSON.stringify(base()).matchAll(/"secretKeyRef":\{"name":"keys","key":"(\w+)"\}/g);
  expect(new Set(Array.from(used, ([, key]) => key))).toEqual(new Set(asked.map(([, key]) => key)));
});

test("a pod is given longer to end than a worker takes to save and give back", () => {
  expect(partOf("worker").pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(LONGEST_STOP_MS + 10_000);
});

test("workers are counted by the lists that the queue has", () => {
  const lists = [
    ...readFileSync(join(FOLDER, "overlays/keda/scaled-object.yaml"), "utf8").matchAll(/listName: (\S+)/g),
  ];
  expect(lists.map(([, name]) => name)).toEqual(["bull:trainer:wait", "bull:trainer:active"]);
  expect(Object.keys(queues)).toContain("trainer");
});

test("every other file is YAML too, and no secret is among them", () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".yaml"));
  expect(files.length).toBeGreaterThan(15);
  for (const file of files) expect(documents(file).length).toBeGreaterThan(0);
  const ignored = readFileSync(join(FOLDER, ".gitignore"), "utf8").trim().split("\n");
  const secret = /- (\w+\.env)$/gm;
  const text = files.map((file) => readFileSync(join(FOLDER, file), "utf8")).join("\n");
  expect(new Set(ignored)).toEqual(new Set(Array.from(text.matchAll(secret), ([, name]) => name)));
});

test.each([
  [
    "a Service's selector",
    `"selector":{"app.kubernetes.io/name":"api"}`,
    `"selector":{"app":"api"}`,
    "Service api: no pod has",
  ],
  ["a port's name", `"targetPort":"http"`, `"targetPort":"web"`, "no container has the port web"],
  ["a probe's port", `"path":"/readyz","port":"http"`, `"path":"/readyz","port":81`, "asks the port 81"],
  ["a claim", `"claimName":"home"`, `"claimName":"homes"`, "there is no PersistentVolumeClaim homes"],
  ["a secret", `"secretKeyRef":{"name":"keys"`, `"secretKeyRef":{"name":"key"`, "there is no Secret key"],
  [
    "a settings map",
    `"configMapRef":{"name":"settings"}`,
    `"configMapRef":{"name":"set"}`,
    "there is no ConfigMap set",
  ],
  [
    "a mount",
    `"volumeMounts":[{"name":"files"`,
    `"volumeMounts":[{"name":"file"`,
    "data-bank: there is no volume file",
  ],
  ["a user", `"runAsNonRoot":true`, `"runAsNonRoot":false`, "may run as root"],
  [
    "a root file system",
    `"readOnlyRootFilesystem":true`,
    `"readOnlyRootFilesystem":false`,
    "may do more than it needs",
  ],
  ["variables of Services", `"enableServiceLinks":false`, `"enableServiceLinks":true`, "Services become variables"],
  ["who may speak to Redis", `"values":["api","worker"]`, `"values":["apis"]`, "NetworkPolicy redis: no pod is"],
  [
    "a policy's pods",
    `"podSelector":{"matchLabels":{"app.kubernetes.io/name":"worker"}}`,
    `"podSelector":{"matchLabels":{"app.kubernetes.io/name":"work"}}`,
    "NetworkPolicy worker: it selects no pod",
  ],
  [
    "pods of a Deployment",
    `"matchLabels":{"app.kubernetes.io/name":"worker"}},"strategy"`,
    `"matchLabels":{"app.kubernetes.io/name":"w"}},"strategy"`,
    "Deployment worker: its selector does not match",
  ],
])("damage is noticed: %s", (_, before, after, problem) => {
  const whole = JSON.stringify(base());
  const damaged = z.array(Manifest).parse(JSON.parse(whole.replaceAll(before, after)));
  expect(whole).toContain(before);
  expect(problemsOf(damaged).join("\n")).toContain(problem);
});
