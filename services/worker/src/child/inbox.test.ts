import { expect, test } from "vitest";
import { Inbox } from "./inbox.js";

test("a message is kept until somebody waits for one of its kind, and each is taken once, in their order", async () => {
  const inbox = new Inbox();
  inbox.put({ type: "clean" });
  inbox.put({ type: "send" });
  inbox.put({ type: "clean" });
  expect((await inbox.next("send")).type).toBe("send");
  expect((await inbox.next("send", "clean")).type).toBe("clean");
  expect((await inbox.next("send", "clean")).type).toBe("clean");
  const [first, second] = [inbox.next("send"), inbox.next("send", "clean")];
  inbox.put({ type: "clean" });
  inbox.put({ type: "send" });
  expect([(await first).type, (await second).type]).toEqual(["send", "clean"]);
  const later = inbox.next("send"); // neither of those that were taken
  let taken = false;
  void later.then(() => (taken = true));
  inbox.put({ type: "clean" });
  await Promise.resolve();
  expect(taken).toBe(false);
  inbox.put({ type: "send" });
  expect((await later).type).toBe("send");
});

test("of two who wait for the same kind the first gets the message", async () => {
  const inbox = new Inbox();
  const got: string[] = [];
  const waiting = ["first", "second"].map(async (who) => {
    await inbox.next("send");
    got.push(who);
  });
  inbox.put({ type: "send" });
  await waiting[0];
  expect(got).toEqual(["first"]);
  inbox.put({ type: "send" });
  await Promise.all(waiting);
  expect(got).toEqual(["first", "second"]);
});

test("a stop is no message to wait for, but a signal to all", () => {
  const inbox = new Inbox();
  expect(inbox.signal.aborted).toBe(false);
  inbox.put({ type: "stop" });
  expect(inbox.signal.aborted).toBe(true);
});

test("what is no message of a parent is refused", () => {
  expect(() => {
    new Inbox().put({ type: "dance" });
  }).toThrow("type");
});
