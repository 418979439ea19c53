// @vitest-environment happy-dom
import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { refusal } from "../../testing/answers.js";
import { askModel, QUEUED } from "../../testing/asked-model.js";

const HOSTILE = `<img src=x onerror=alert(1)> \u202egnol`;
const at = (secondsAgo: number) => new Date(Date.now() - secondsAgo * 1000).toISOString().replace("Z", "+00:00");
const summary = (session_id: string, title: string, message_count = 2) => ({
  session_id,
  title,
  message_count,
  last_turn_at: at(150),
});
const history = (session_id: string, content: string) => ({
  session_id,
  run_id: "r1",
  created_at: at(150),
  messages: [{ role: "user", content }],
});

/** Opens the chat with the conversations `s1`, which is shown, and `s2`. */
function talking(list: () => readonly ReturnType<typeof summary>[], onForget = () => {}) {
  return askModel("chat", {
    answers: {
      "GET /runs/r1/chat": () => ({ chats: list() }),
      "GET /runs/r1/chat/s1": history("s1", "One"),
      "GET /runs/r1/chat/s2": history("s2", "Two"),
      "DELETE /runs/r1/chat/s2": () => {
        onForget();
        return { status: "cancellation-requested" };
      },
    },
    address: "/app/use?run=r1&mode=chat&session=s1",
  });
}

const conversations = async () =>
  within(await screen.findByRole("list", { name: "Conversations" }))
    .getAllByRole("listitem")
    .map((item) => item.textContent);
const both = () => [summary("s1", "One", 1234), summary("s2", HOSTILE, 0)];
const said = () => within(screen.getByRole("list", { name: "What was said" })).getByRole("listitem").textContent;

test("conversations are listed with their first words, whatever these are", async () => {
  talking(() => [...both(), summary("s3", "")]);
  expect(await conversations()).toEqual([
    "One1,234 messages · 2 min agoForget",
    `${HOSTILE}not answered · 2 min agoForget`,
    "(no words)2 messages · 2 min agoForget",
  ]);
  expect(screen.getByText(HOSTILE)).toHaveAttribute("dir", "auto");
  const isCurrent = (name: RegExp) => screen.getByRole("link", { name }).hasAttribute("aria-current");
  expect([/^One/, /onerror/, /no words/].map(isCurrent)).toEqual([true, false, false]);
});

test("where none is kept it says how long one is", async () => {
  talking(() => []);
  expect(await screen.findByText("One is kept for an hour after its last turn.")).toBeVisible();
  expect(screen.queryByRole("list", { name: "Conversations" })).toBeNull();
});

test("another conversation is gone back to as it is now, and the way back leads to this one", async () => {
  const { user, router, asked } = talking(both);
  await conversations();
  const link = (name: RegExp) => screen.getByRole("link", { name });
  await user.click(link(/onerror/));
  await waitFor(() => expect(said()).toBe("YouTwo"));
  expect(router.state.location.search).toEqual({ run: "r1", mode: "chat", session: "s2" });
  expect(link(/onerror/)).toHaveAttribute("aria-current", "page");
  router.history.back();
  await waitFor(() => expect(said()).toBe("YouOne"));
  const read = () => asked.filter(({ path }) => path === "/runs/r1/chat/s2").length;
  expect(read()).toBe(1);
  await user.click(link(/onerror/));
  await waitFor(() => expect(read()).toBe(2));
});

test("an answer goes on while another conversation is looked at, which takes no message meanwhile", async () => {
  const { user, stream } = talking(both);
  await conversations();
  await user.type(await screen.findByLabelText("Your message"), "More{Enter}");
  const { send } = await stream();
  send("text", { sequence: 0, text: "Well" });
  await screen.findByText("Well");
  expect(await conversations()).toContain("Onebeing answered · 2 min agoForget");
  await user.click(screen.getByRole("link", { name: /onerror/ }));
  await waitFor(() => expect(said()).toBe("YouTwo"));
  expect(screen.getByText("The model still answers in another conversation.")).toBeVisible();
  await user.type(screen.getByLabelText("Your message"), "Draft");
  expect(screen.getByRole("button", { name: "Send" })).toBeDisabled();
  send("result", { ...QUEUED, status: "completed", response: "Well." });
  await waitFor(() => expect(screen.getByRole("button", { name: "Send" })).toBeEnabled());
  expect(screen.queryByText(/another conversation/)).toBeNull();
});

test("beginning another leaves an answer of a third alone; forgetting its conversation ends it", async () => {
  const { user, stream } = talking(() => [summary("s2", "Two"), summary("s1", "One")]);
  await conversations();
  await user.click(screen.getByRole("link", { name: /^Two/ }));
  await waitFor(() => expect(said()).toBe("YouTwo"));
  await user.type(screen.getByLabelText("Your message"), "More{Enter}");
  const { send } = await stream();
  send("accepted", { ...QUEUED, session_id: "s2" });
  send("text", { sequence: 0, text: "Well" });
  await screen.findByText("Well");
  await user.click(screen.getByRole("link", { name: /^One/ }));
  await screen.findByText(/another conversation/);
  await user.click(screen.getByRole("button", { name: "Begin another" }));
  expect(await screen.findByText("Nothing was said yet.")).toBeVisible();
  expect(screen.getByText(/another conversation/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Forget Two" }));
  await waitFor(() => expect(screen.queryByText(/another conversation/)).toBeNull());
});

test("while one is being forgotten, its button alone cannot be pressed", async () => {
  const { user } = askModel("chat", {
    answers: {
      "GET /runs/r1/chat": { chats: both() },
      "DELETE /runs/r1/chat/s2": () => new Promise(() => {}),
    },
  });
  await conversations();
  await user.click(screen.getByRole("button", { name: `Forget ${HOSTILE}` }));
  await waitFor(() => expect(screen.getByRole("button", { name: `Forget ${HOSTILE}` })).toBeDisabled());
  expect(screen.getByRole("button", { name: "Forget One" })).toBeEnabled();
});

test("one that is forgotten is gone from the list, and what is shown stays", async () => {
  let kept = both();
  const { user, asked, router } = talking(
    () => kept,
    () => (kept = [summary("s1", "One")]),
  );
  await conversations();
  await user.click(screen.getByRole("button", { name: `Forget ${HOSTILE}` }));
  await waitFor(async () => expect(await conversations()).toHaveLength(1));
  expect(asked.filter(({ method }) => method === "DELETE").map(({ path }) => path)).toEqual(["/runs/r1/chat/s2"]);
  expect(router.state.location.search).toMatchObject({ session: "s1" });
  expect(said()).toBe("YouOne");
});

test("what is said stands in the list at once, and once more when it is answered", async () => {
  let kept: ReturnType<typeof summary>[] = [];
  const { user, stream } = askModel("chat", {
    answers: {
      "GET /runs/r1/chat": () => ({ chats: kept }),
      "GET /runs/r1/chat/s1": history("s1", "Hello"),
    },
  });
  await screen.findByText(/One is kept/);
  kept = [summary("s1", "Hello", 0)];
  await user.type(await screen.findByLabelText("Your message"), "Hello{Enter}");
  const { send } = await stream();
  expect(await conversations()).toEqual(["Hellobeing answered · 2 min agoForget"]);
  kept = [summary("s1", "Hello", 2)];
  send("result", { ...QUEUED, status: "completed", response: "Hi" });
  await waitFor(async () => expect(await conversations()).toEqual(["Hello2 messages · 2 min agoForget"]));
});

test("a list that cannot be read says so", async () => {
  askModel("chat", { answers: { "GET /runs/r1/chat": refusal(503, "REDIS_UNAVAILABLE", "come again") } });
  expect(await screen.findByText("Come again.")).toBeVisible();
});

test("who does not talk is told nothing of conversations", async () => {
  const { asked } = askModel("generate");
  await screen.findByLabelText("Beginning of the text");
  expect(asked.map(({ path }) => path)).not.toContain("/runs/r1/chat");
  expect(screen.queryByText(/conversations/)).toBeNull();
});
