import { expect, test } from "vitest";
import { Trainings } from "./trainings.js";

test("trainings that a user begins at once are counted one after another, and one that fails takes no place", async () => {
  const trainings = new Trainings(1);
  const begun: string[] = [];
  const start = (name: string, work: () => Promise<void> = async () => {}) =>
    trainings.start(
      7n,
      async () => begun,
      async () => {
        await work();
        begun.push(name);
        return name;
      },
    );
  const fails = start("broken", () => Promise.reject(new Error("no API")));
  const [first, second, third] = await Promise.allSettled([fails, start("a"), start("b")]);
  expect(first).toMatchObject({ status: "rejected", reason: { message: "no API" } });
  expect(second).toEqual({ status: "fulfilled", value: "a" });
  const message =
    "1 training of yours is queued or running, and one person may have 1 at a time: `a`. `/cancel` ends one.";
  expect(third).toMatchObject({ status: "rejected", reason: { message } });
});
