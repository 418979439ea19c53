import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { aNumber, aString } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { EXIT } from "../src/process/exit-codes.js";
import { Stopped, type Interruptible } from "../src/process/interrupts.js";
import { run } from "../src/program.js";
import { testIo } from "./screen.js";
import { homeWithRun, type TestHome } from "./trained.js";

let at: TestHome;
beforeAll(async () => {
  at = await homeWithRun();
});

const line = ["chat", "one", "--max-new-tokens", "6", "--seed", "4"];

/** Somebody at a terminal: types each text once the screen shows what it waits for. */
async function typing(
  script: readonly (readonly [seen: string, keys: string])[],
  options: { readonly interruptible?: Interruptible } = {},
) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const base = testIo({ tty: true, stdin, env: { TRAINER_HOME: at.home } });
  const io = { ...base, interruptible: options.interruptible ?? base.interruptible };
  const rest = [...script];
  let from = 0;
  const watch = setInterval(() => {
    const [next] = rest;
    if (next === undefined) return;
    const found = base.stdout.text.indexOf(next[0], from);
    if (found < 0) return;
    from = found + next[0].length;
    rest.shift();
    stdin.write(next[1]);
  }, 2);
  try {
    const code = await run(line, io);
    return { code, stdout: base.stdout.text, stderr: base.stderr.text };
  } finally {
    clearInterval(watch);
  }
}

const PROMPT = "> ";

test("a pipe gets an answer a message, and /exit ends it", async () => {
  const { code, stdout, stderr } = await at.trainer(line, { stdin: "the cat\n\n/reset\nmy friend\n/exit\nnever\n" });
  expect(code).toBe(0);
  expect(stdout).not.toContain("\u001B");
  expect(stdout).not.toContain("> ");
  expect(stderr).not.toContain("/reset");
  const again = await at.trainer(line, { stdin: "the cat\n/reset\nmy friend" });
  expect(again.stdout).toBe(stdout);
});

test("--json answers a line a message, and the conversation grows until it is reset", async () => {
  const { code, values } = await at.json(line, { stdin: "the cat\nthe dog\n/reset\nthe cat\n" });
  expect(code).toBe(0);
  const answer = { response: aString, finish_reason: aString, steps: aNumber, seed: 4, dropped_messages: aNumber };
  expect(values).toMatchObject([
    { ...answer, messages: 2 },
    { ...answer, messages: 4 },
    { ...answer, messages: 2 },
  ]);
  expect(values[2]).toEqual(values[0]);
});

test("a terminal asks with a prompt, edits lines and takes several at once", async () => {
  const { code, stdout, stderr } = await typing([
    [PROMPT, "the cax\u007Ft\r"],
    ["the ca", "one\rtwo\r/exit\r"],
  ]);
  expect(code).toBe(0);
  expect(stderr).toContain("one, with a memory of 32 tokens. /reset begins anew");
  expect(stdout).toContain("the ca");
});

test("Ctrl-D at the prompt ends the conversation, Ctrl-C leaves it", async () => {
  expect(await typing([[PROMPT, "\u0004"]])).toMatchObject({ code: EXIT.done });
  expect(await typing([[PROMPT, "\u0003"]])).toMatchObject({ code: EXIT.interrupted });
});

/** Asks to stop the first answer. */
const stopping = (by: "SIGINT" | "SIGTERM", code: typeof EXIT.interrupted | typeof EXIT.terminated): Interruptible => {
  let times = 0;
  return async (body) => {
    const controller = new AbortController();
    times += 1;
    if (times === 1) controller.abort(new Stopped(by, code));
    return await body(controller.signal);
  };
};

test("Ctrl-C stops an answer, and the conversation goes on", async () => {
  const { code } = await typing(
    [
      [PROMPT, "the cat\r"],
      [PROMPT, "/exit\r"],
    ],
    { interruptible: stopping("SIGINT", EXIT.interrupted) },
  );
  expect(code).toBe(EXIT.done);
});

test("whatever else asks to stop ends the conversation, and in a pipe Ctrl-C does", async () => {
  const killed = await typing([[PROMPT, "the cat\r"]], {
    interruptible: stopping("SIGTERM", EXIT.terminated),
  });
  expect(killed.code).toBe(EXIT.terminated);
  const interruptible = stopping("SIGINT", EXIT.interrupted);
  expect((await at.trainer(line, { stdin: "the cat\n", interruptible })).code).toBe(EXIT.interrupted);
});

test("an unknown command is refused with those there are, and two slashes say it to the model", async () => {
  const { code, stderr, stdout } = await at.trainer(line, { stdin: "/help\n/exit\n" });
  expect(code).toBe(0);
  expect(stdout).toBe("");
  expect(stderr).toContain(
    "there is no command /help: /reset begins anew, /exit leaves; //help says /help to the model",
  );
  const { values } = await at.json(line, { stdin: "/quit now\n//quit now\n/ is a slash\n" });
  expect(values).toMatchObject([
    { error: aString },
    { response: aString, messages: 2 },
    { messages: 4, format: "lines" },
  ]);
});

test("what a conversation begins with and how it is written down is told once", async () => {
  const told = async (model: string, ...flags: readonly string[]) => {
    const { code, stderr } = await at.trainer(["chat", model, "--max-new-tokens", "2", ...flags], {
      stdin: "the cat\nthe dog\n",
    });
    expect(code).toBe(0);
    return stderr.split("\n").filter((each) => /^It begins|chat template/.test(each));
  };
  expect(await told("one", "--bos", "yes")).toEqual(["It begins with [EOS]."]);
  const folder = join(at.folder, "with-template");
  expect((await at.trainer(["export", "one", "--out", folder])).code).toBe(0);
  const template = join(folder, "chat_template.jinja");
  await writeFile(template, "{% for message in messages %}{{ message.content }} {% endfor %}");
  expect(await told(folder)).toEqual(["The conversation is written down by the model's own chat template."]);
  await writeFile(template, "{{ raise_exception('not here') }}");
  expect(await told(folder)).toEqual([
    "The model's chat template cannot be rendered here (not here): turns are marked User: and Assistant:.",
  ]);
});
