// @vitest-environment happy-dom
import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { refusal } from "../../testing/answers.js";
import { askModel, QUEUED } from "../../testing/asked-model.js";

const HISTORY = "GET /runs/r1/chat/s1";
const history = (...messages: readonly [role: string, content: string][]) => ({
  session_id: "s1",
  run_id: "r1",
  created_at: "2026-01-01T00:00:00",
  messages: messages.map(([role, content]) => ({ role, content })),
});

const message = () => screen.findByLabelText("Your message");
const said = () =>
  within(screen.getByRole("list", { name: "What was said" }))
    .getAllByRole("listitem")
    .map((turn) => turn.querySelector("p")?.textContent);
const button = (name: string) => screen.getByRole("button", { name });

test("a first message begins a conversation, which then stands in the address", async () => {
  let kept = history();
  const { user, bodies, stream, router, asked } = askModel("chat", { answers: { [HISTORY]: () => kept } });
  await user.type(await message(), "Who are you?{Enter}");
  expect(bodies()).toEqual([{ message: "Who are you?" }]);
  expect(await message()).toHaveValue("");
  const { send } = await stream();
  send("text", { sequence: 0, text: "I am" });
  await waitFor(() => expect(said()).toEqual(["Who are you?", "I am"]));
  expect(router.state.location.search).toEqual({ mode: "chat", session: "s1" });
  expect(screen.queryByRole("button", { name: "Copy the answer" })).toBeNull();

  kept = history(["user", "Who are you?"], ["assistant", "I am he."]);
  send("result", { ...QUEUED, status: "completed", response: "I am he." });
  await waitFor(() => expect(said()).toEqual(["Who are you?", "I am he."]));
  expect(await screen.findByText("The model has answered.")).toBeInTheDocument();
  expect(button("Copy the answer")).toBeVisible();

  await user.type(await message(), "a{Shift>}{Enter}{/Shift}b{Enter}");
  await stream(2);
  expect(bodies()[1]).toEqual({ message: "a\nb", session_id: "s1" });
  expect(asked.filter(({ path }) => path === "/runs/r1/chat/s1").length).toBeGreaterThan(1);
});

test("a conversation of the address is read, and goes on with its settings", async () => {
  const { user, bodies } = askModel("chat", {
    answers: { [HISTORY]: history(["user", "Hello"], ["assistant", ""]) },
    address: "/app/use?run=r1&mode=chat&session=s1",
  });
  await waitFor(() => expect(said()).toEqual(["Hello", "(nothing)"]));
  await user.type(screen.getByRole("tabpanel").querySelector("[name=temperature]") ?? document.body, "0");
  await user.type(await message(), "Again");
  await user.click(button("Send"));
  expect(bodies()).toEqual([{ message: "Again", temperature: 0, session_id: "s1" }]);
});

test("an empty message, and one with a setting that cannot be, are not sent", async () => {
  const { user, bodies } = askModel("chat");
  await user.type(await message(), "  {Enter}");
  expect(button("Send")).toBeDisabled();
  await user.type(screen.getByRole("tabpanel").querySelector("[name=temperature]") ?? document.body, "9");
  await user.type(await message(), "Hello{Enter}");
  expect(bodies()).toEqual([]);
  expect(screen.getByText("Must be at most 2")).toBeVisible();
});

test("an answer that is stopped is said not to be kept", async () => {
  const { user, stream } = askModel("chat", { answers: { [HISTORY]: history() } });
  await user.type(await message(), "Hello{Enter}");
  (await stream()).send("text", { sequence: 0, text: "Well" });
  await waitFor(() => expect(said()).toEqual(["Hello", "Well"]));
  await user.click(button("Stop"));
  expect(await screen.findByText(/^Stopped\./)).toBeVisible();
  expect(said()).toEqual(["Hello", "Well"]);
});

test("an answer that fails says why, and is asked for again on demand", async () => {
  const { user, stream, bodies } = askModel("chat", { answers: { [HISTORY]: history() } });
  await user.type(await message(), "Hello{Enter}");
  (await stream()).send("result", { ...QUEUED, status: "failed", message: "no memory" });
  expect(await screen.findByText("No memory.")).toBeVisible();
  expect(said()).toEqual(["Hello"]);
  await user.click(button("Try again"));
  await stream(2);
  expect(bodies()[1]).toEqual({ message: "Hello", session_id: "s1" });
});

const OPEN = "/app/use?run=r1&mode=chat&session=s1";

test("another conversation begins with nothing said", async () => {
  const { user, stream, router } = askModel("chat", {
    answers: { [HISTORY]: history(["user", "Hello"]) },
    address: OPEN,
  });
  await user.type(await message(), "More{Enter}");
  (await stream()).send("text", { sequence: 0, text: "And" });
  await waitFor(() => expect(said()).toEqual(["Hello", "More", "And"]));
  await user.click(button("Begin another"));
  expect(await screen.findByText("Nothing was said yet.")).toBeVisible();
  expect(router.state.location.search).toEqual({ run: "r1", mode: "chat" });
  expect(screen.queryByRole("button", { name: "Begin another" })).toBeNull();
});

test("a conversation is forgotten on demand, or said not to be", async () => {
  let isDown = true;
  const { user, asked, router } = askModel("chat", {
    answers: {
      [HISTORY]: history(["user", "Hello"]),
      "DELETE /runs/r1/chat/s1": () =>
        isDown ? refusal(503, "REDIS_UNAVAILABLE", "come again") : { status: "cancellation-requested" },
    },
    address: OPEN,
  });
  await waitFor(() => expect(said()).toEqual(["Hello"]));
  await user.click(button("Forget"));
  expect(await screen.findByText("Come again.")).toBeVisible();
  isDown = false;
  await user.click(button("Forget"));
  expect(await screen.findByText("Nothing was said yet.")).toBeVisible();
  expect(asked.filter(({ method }) => method === "DELETE")).toHaveLength(2);
  expect(router.state.location.search).toEqual({ run: "r1", mode: "chat" });
});

test("a conversation that is over is said to be so, and takes no message", async () => {
  const { user, bodies } = askModel("chat", {
    answers: { [HISTORY]: refusal(404, "DATA_NOT_FOUND", "session not found") },
    address: OPEN,
  });
  expect(await screen.findByText(/This conversation is over/)).toBeVisible();
  await user.type(await message(), "Hello{Enter}");
  expect(bodies()).toEqual([]);
});

test("a conversation that cannot be read is read again on demand", async () => {
  let isDown = true;
  const { user } = askModel("chat", {
    answers: { [HISTORY]: () => (isDown ? refusal(500, "INTERNAL_ERROR", "it broke") : history(["user", "Hello"])) },
    address: OPEN,
  });
  const retry = await screen.findByRole("button", { name: "Try again" });
  isDown = false;
  await user.click(retry);
  await waitFor(() => expect(said()).toEqual(["Hello"]));
});

test("what is written in one way of asking stays while another is looked at", async () => {
  const { user, router } = askModel("chat");
  await user.type(await message(), "Draft");
  await user.click(screen.getByRole("tab", { name: "Generate" }));
  expect(router.state.location.search).toEqual({ mode: "generate" });
  await user.click(screen.getByRole("tab", { name: "Chat" }));
  expect(await message()).toHaveValue("Draft");
});
