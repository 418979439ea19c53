import { expect, test } from "vitest";
import { isEndGiven, NewEnd, resumeInput, ResumeRequest } from "./new-end.js";
import { refusalOf } from "./refusal.js";

const none = { max_steps: null, num_epochs: null, seconds: null };

test("without an end there is none, however it is left out; one is taken as an option of a training", () => {
  for (const body of [{}, { max_steps: null }, none]) {
    expect(ResumeRequest.parse(body)).toEqual(none);
    expect(isEndGiven(ResumeRequest.parse(body))).toBe(false);
  }
  const end = ResumeRequest.parse({ seconds: 1.5 });
  expect(isEndGiven(end)).toBe(true);
  expect(resumeInput(end)).toEqual({ maxSteps: null, numEpochs: null, maxSeconds: 1.5 });
  const queued = { ...ResumeRequest.parse({ num_epochs: 3 }), id: "j", completed: false };
  expect(NewEnd.parse(JSON.parse(JSON.stringify(queued)))).toEqual(queued);
});

test.each([
  [{ max_steps: 9, seconds: 9 }, "max_steps, num_epochs and seconds: each says where the run ends; give one of them"],
  [{ max_step: 9 }, "Extra fields not allowed: max_step"],
  [{ max_steps: 0 }, "max_steps must be >= 1"],
  [{ max_steps: 2_000_000_000 }, "max_steps must be <= 1000000000"],
  [{ num_epochs: 2_000_000 }, "num_epochs must be <= 1000000"],
  [{ num_epochs: "3" }, "num_epochs must be an integer"],
  [{ seconds: 0.5 }, "seconds must be >= 1"],
  [{ seconds: "2h" }, "seconds must be a number"],
])("%j is refused", (body, message) => {
  const { error } = ResumeRequest.safeParse(body);
  expect(error && refusalOf(error).message).toBe(message);
});
