// @vitest-environment happy-dom
import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { answering, nothing, refusal, type Answer } from "../../testing/answers.js";
import { openPage } from "../../testing/page.js";

const CAPABILITIES = {
  model_families: [
    { name: "gpt2", title: "GPT-2", sizes: ["tiny", "small"], precisions: ["fp32"], tokenizer_method: "bpe" },
  ],
  tokenizer_methods: [{ name: "bpe", title: "Byte-level BPE", least_vocab_size: 260 }],
  devices: ["cpu", "cuda"],
  optimizers: ["adamw"],
};
const READY = { status: "ready", reason: null };
const degraded = (reason: string) => new Response(JSON.stringify({ status: "degraded", reason }), { status: 503 });

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
  answering({ "/readyz": ready, "/capabilities": CAPABILITIES });
  openPage("/app/system");
  await screen.findByText("API");
  expect(states()).toEqual(expected);
});

test("what can be used here is listed", async () => {
  answering({ "/readyz": READY, "/capabilities": { ...CAPABILITIES, plugins: [{ name: "owl", version: "1.0" }] } });
  openPage("/app/system");
  expect(await screen.findByText("cpu, cuda")).toBeVisible();
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
  answering({ "/readyz": () => ready, "/capabilities": () => capabilities });
  const { user } = openPage("/app/system");
  expect(await screen.findByText("It broke.")).toBeVisible();
  expect(await screen.findByText("Not from here.")).toBeVisible();
  ready = READY;
  capabilities = CAPABILITIES;
  for (const button of screen.getAllByRole("button", { name: "Try again" })) await user.click(button);
  expect(await screen.findByText("cpu, cuda")).toBeVisible();
  expect(states()).toHaveLength(3);
});
