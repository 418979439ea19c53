// @vitest-environment happy-dom
import { screen, waitFor, within } from "@testing-library/react";
import type { SystemInfo } from "@trainer/platform/browser";
import { expect, test } from "vitest";
import { answering, nothing, refusal, type Answer } from "../../testing/answers.js";
import { openPage } from "../../testing/page.js";
import { system, worker } from "../../testing/system.js";

const CAPABILITIES = {
  model_families: [
    { name: "gpt2", title: "GPT-2", sizes: ["tiny", "small"], precisions: ["fp32"], tokenizer_method: "bpe" },
  ],
  tokenizer_methods: [{ name: "bpe", title: "Byte-level BPE", least_vocab_size: 260 }],
  devices: ["cpu", "cuda", "npu"],
  optimizers: ["adamw"],
};
const READY = { status: "ready", reason: null };
const degraded = (reason: string) => new Response(JSON.stringify({ status: "degraded", reason }), { status: 503 });

/** The service with this answer of GET /system. */
const service = (
  info: SystemInfo | (() => Answer | SystemInfo) = system(),
  more: Parameters<typeof answering>[0] = {},
) => answering({ "/readyz": READY, "/capabilities": CAPABILITIES, "/system": info, ...more });
const panel = async (name: string) => within(await screen.findByRole("region", { name }));

const states = () =>
  within(screen.getByRole("region", { name: "Services" }))
    .getAllByRole("listitem")
    .map((item) => `${item.querySelector("strong")?.textContent}: ${item.lastElementChild?.textContent}`);

test.each<[string, Answer, string[]]>([
  ["all works", READY, ["API: Works", "Queue: Works", "Worker: Works"]],
  ["no worker runs", degraded("no-worker"), ["API: Works", "Queue: Works", "Worker: None runs: what is queued waits"]],
  ["Redis is away", degraded("redis error"), ["API: Works", "Queue: Does not answer", "Worker: Not known"]],
  ["nothing answers", nothing(), ["API: Does not answer", "Queue: Not known", "Worker: Not known"]],
])("where %s, that is said of each part", async (_, ready, expected) => {
  answering({ "/readyz": ready, "/capabilities": CAPABILITIES, "/system": system() });
  openPage("/app/system");
  await screen.findByText("API");
  expect(states()).toEqual(expected);
});

test("what can be asked for is listed", async () => {
  answering({ "/readyz": READY, "/capabilities": { ...CAPABILITIES, plugins: [{ name: "owl", version: "1.0" }] } });
  openPage("/app/system");
  expect(await screen.findByText("the processor (cpu), a GPU (cuda), npu")).toBeVisible();
  expect(screen.getByText("GPT-2 (tiny, small)")).toBeVisible();
  expect(screen.getByText("owl 1.0")).toBeVisible();
});

test.each([[CAPABILITIES], [{ ...CAPABILITIES, plugins: [] }]])("a service without plugins says so", async (answer) => {
  answering({ "/readyz": READY, "/capabilities": answer });
  openPage("/app/system");
  expect(await screen.findByText("None")).toBeVisible();
});

test("a part that cannot be read does not take the other with it", async () => {
  let ready: Answer = refusal(403, "FORBIDDEN", "not from here");
  let capabilities: Answer = refusal(500, "INTERNAL_ERROR", "it broke");
  let info: Answer | SystemInfo = refusal(500, "INTERNAL_ERROR", "it is odd");
  answering({ "/readyz": () => ready, "/capabilities": () => capabilities, "/system": () => info });
  const { user } = openPage("/app/system");
  expect(await screen.findByText("It broke.")).toBeVisible();
  expect(await screen.findByText("Not from here.")).toBeVisible();
  expect(await screen.findByText("It is odd.")).toBeVisible();
  ready = READY;
  capabilities = CAPABILITIES;
  info = system();
  for (const button of screen.getAllByRole("button", { name: "Try again" })) await user.click(button);
  expect(await screen.findByText("GPT-2 (tiny, small)")).toBeVisible();
  expect(await screen.findByText("EPYC")).toBeVisible();
  expect(states()).toHaveLength(3);
});

test("the machine is shown as it is, and what is nearly full stands out", async () => {
  service();
  openPage("/app/system");
  const machine = await panel("This machine");
  for (const text of ["desk", "EPYC", "16", "avx2, fma", "None (no NVIDIA driver)", "/srv/runs"])
    expect(machine.getByText(text)).toBeVisible();
  expect(machine.getByText("1.3 tasks that want a thread at a time, over the last minute")).toBeVisible();
  expect(machine.getByText("Model Trainer 0.1.0, Redis 7.2.4")).toBeVisible();
  const memory = machine.getByRole("meter", { name: "Memory in use" });
  expect(memory).toHaveAttribute("aria-valuenow", "75");
  expect(memory).toHaveAttribute("aria-valuetext", "16.0 GiB free of 64.0 GiB");
  expect(memory).not.toHaveAttribute("data-full");
  expect(machine.getByRole("meter", { name: "Disk in use for /srv/runs" })).toHaveAttribute("data-full");
});

test("what a system does not tell is said not to be known", async () => {
  const { machine } = system();
  const disks: SystemInfo["disks"] = [
    { path: "/a", holds: ["runs"], total_bytes: 0, free_bytes: 0 },
    { path: "/b", holds: ["texts"], total_bytes: 10, free_bytes: 5 },
  ];
  service(system({ machine: { ...machine, processor: null, instructions: [], load: 0 }, disks, workers: [] }));
  openPage("/app/system");
  const shown = await panel("This machine");
  for (const text of ["Not named by the system", "Not listed by the system", "Disk of the runs", "Disk of the texts"])
    expect(shown.getByText(text)).toBeVisible();
  expect(shown.getByText("Not known until a worker runs here and has told")).toBeVisible();
  expect(shown.queryByText("Load")).toBeNull();
  expect(shown.getByRole("meter", { name: "Disk in use for /a" })).toHaveAttribute("aria-valuenow", "0");
  expect((await panel("Work")).getByText(/^None runs/)).toBeVisible();
});

const engine = { libtorch: "2.15.0", threads: 1, kernels: "AVX2", gpus: [], no_gpu: null };
const gpus = [
  { name: "H200", memory_bytes: 139 * 2 ** 30, capability: "9.0" },
  { name: "old", memory_bytes: null, capability: null },
];
test.each<[string, NonNullable<SystemInfo["workers"]>, string]>([
  ["GPUs of this machine are", [worker(), worker({ engine: { ...engine, gpus } }, "b")], "H200 (139 GiB), old"],
  [
    "GPUs of another are not",
    [worker({ host: "far", engine: { ...engine, gpus } })],
    "Not known until a worker runs here and has told",
  ],
  [
    "a worker that has not told says nothing",
    [worker({ engine: null })],
    "Not known until a worker runs here and has told",
  ],
  ["none without a reason is none", [worker({ engine })], "None"],
])("%s shown", async (_, workers, expected) => {
  service(system({ workers }));
  openPage("/app/system");
  const row = (await panel("This machine")).getByText("GPU").nextElementSibling;
  expect(row).toHaveTextContent(new RegExp(`^${expected.replaceAll(/[()]/g, "\\$&")}$`));
});

test("queues have their counts, and workers what they can do and are at", async () => {
  const since = new Date(Date.now() - 90_000).toISOString();
  const job = { queue: "trainer", kind: "train", subject: "run-1", since, worker: "rq:worker:desk-7" };
  const jobs = [
    job,
    { ...job, kind: "encode", subject: "tok-1", since: null },
    { ...job, kind: "unheard-of", subject: null, worker: null },
    { ...job, subject: "run-2", worker: "gone" },
  ];
  const gone = { name: "gone", alive: false, presence: null };
  const far = worker({ host: "far", answers: 1, engine: { ...engine, gpus } }, "far");
  const other = { name: "other", waiting: 0, active: 0, delayed: 0, completed: 0, failed: 7 };
  const queues = [...(system().queues ?? []), other];
  service(system({ jobs, queues, workers: [worker(), gone, far, worker({ host: "new", engine: null }, "new")] }));
  openPage("/app/system");
  const work = await panel("Work");
  const row = work.getByRole("row", { name: /^Runs and tokenizers/ });
  expect(row).toHaveTextContent("Runs and tokenizers21345");
  expect(work.getByRole("row", { name: /^other/ })).toHaveTextContent("other00007");
  const [first, second, third, fourth] = work.getAllByRole("listitem").filter((item) => item.querySelector("strong"));
  expect(first).toHaveTextContent(
    /desk, process 7Up for 1 h 0 min, last sign of life just now\. Takes 1 run or tokenizer and 8 questions at a time\. Computes on 4 threads, by AVX512\./,
  );
  expect(first).toHaveTextContent(/Trains run-1, for 1 min 30 sCuts a text by the tokenizer tok-1At work$/);
  expect(within(first ?? document.body).getByRole("link", { name: "run-1" })).toHaveAttribute(
    "href",
    "/app/runs/run-1",
  );
  expect(second).toHaveTextContent("goneIt says nothing of itself.Gives no sign of life");
  expect(third).toHaveTextContent(
    /and 1 question at a time\. Computes on H200 \(139 GiB\), old and 1 thread, by AVX2\.Ready$/,
  );
  expect(fourth).toHaveTextContent(/at a time\.Ready$/);
  expect(work.getByText(/^Their worker is gone/)).toBeVisible();
  expect(work.getAllByRole("listitem").at(-2)).toHaveTextContent("unheard-of , for 1 min 30 s");
  expect(work.getAllByRole("listitem").at(-1)).toHaveTextContent("Trains run-2");
});

test("while Redis is away, the rest of the page stays", async () => {
  service(system({ queues: null, workers: null, jobs: null }), { "/readyz": degraded("redis error") });
  openPage("/app/system");
  expect((await panel("Work")).getByText("Not known while the queue does not answer.")).toBeVisible();
  expect((await panel("This machine")).getByText("EPYC")).toBeVisible();
});

test("figures are read again, and what was read stays where the service is away", async () => {
  let info: Answer | SystemInfo = system();
  service(() => info);
  const { queryClient } = openPage("/app/system");
  const machine = await panel("This machine");
  info = system({ stored: null, machine: { ...system().machine, memory_available_bytes: 32 * 2 ** 30 } });
  await queryClient.refetchQueries({ queryKey: ["system"] });
  expect(await machine.findByText("32.0 GiB free of 64.0 GiB")).toBeVisible();
  expect(await screen.findByText("Measuring what is kept …")).toBeVisible();
  info = nothing();
  await queryClient.refetchQueries({ queryKey: ["system"] });
  expect(machine.getByText("32.0 GiB free of 64.0 GiB")).toBeVisible();
});

test("settings that were set are shown with their places, and all of them when they are asked for or searched", async () => {
  service();
  const { user } = openPage("/app/system");
  const settings = await panel("Settings");
  const names = () => settings.getAllByRole("rowheader").map(({ textContent }) => textContent);
  expect(names()).toEqual(["APP__THREADS", "SECURITY__API_KEY"]);
  expect(settings.getByRole("row", { name: /APP__THREADS/ })).toHaveTextContent("APP__THREADS4.env:3");
  expect(settings.getByRole("row", { name: /API_KEY/ })).toHaveTextContent("Hiddentrainer serve: keys.json");
  expect(settings.getByText("2 of 3")).toBeVisible();
  await user.click(settings.getByRole("checkbox"));
  expect(names()).toEqual(["PORT", "APP__THREADS", "SECURITY__API_KEY"]);
  expect(settings.getByRole("row", { name: /PORT/ })).toHaveTextContent("PORT8000Default");
  await user.click(settings.getByRole("checkbox"));
  await user.type(settings.getByRole("searchbox"), "default port");
  expect(names()).toEqual(["PORT"]);
  await user.type(settings.getByRole("searchbox"), " none");
  expect(settings.getByText("No setting has all these words.")).toBeVisible();
});

test.each<[SystemInfo["settings"][number]["value"], string]>([
  [null, "Its own"],
  ["", "–"],
  [[], "–"],
  [["a", "b"], "a, b"],
  [true, "Yes"],
  [false, "No"],
  ["<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"],
])("a setting's value %j is shown as %s", async (value, expected) => {
  service(system({ settings: [{ name: "A", toml: "a", value, source: ".env:1" }] }));
  openPage("/app/system");
  expect((await panel("Settings")).getByRole("cell", { name: expected })).toBeVisible();
});

test("where nothing was set, or nobody has told it, that is said", async () => {
  let info = system({ settings: [] });
  service(() => info);
  const { queryClient } = openPage("/app/system");
  expect(await screen.findByText(/was started by another program/)).toBeVisible();
  info = system({ settings: [{ name: "A", toml: "a", value: 1, source: "default" }] });
  await queryClient.refetchQueries({ queryKey: ["system"] });
  await waitFor(() => expect(screen.getByText("All settings are at their defaults.")).toBeVisible());
});
