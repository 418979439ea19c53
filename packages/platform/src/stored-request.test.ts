import { expect, test } from "vitest";
import { TrainRequest } from "./schemas/train.js";
import { storedRequest } from "./stored-request.js";

const { user_id: _, ...request } = TrainRequest.parse({ corpus_file_id: "a", num_epochs: 3 });
const stored = { userId: 1234567890123456789n, createdAt: "2026-01-02T03:04:05", request };

test("a request in a run's folder comes back as it was written, with a 64-bit user as text", () => {
  const written = storedRequest.encode(stored);
  expect(JSON.parse(written)).toMatchObject({
    user_id: "1234567890123456789",
    created_at: "2026-01-02T03:04:05",
    request: { corpus_file_id: "a", num_epochs: 3 },
  });
  expect(storedRequest.decode(written)).toEqual(stored);
});

test("what an earlier version left out of a request has its default", () => {
  const text = JSON.stringify({ user_id: "5", created_at: "2026", request: { corpus_file_id: "a", num_epochs: 3 } });
  expect(storedRequest.decode(text)).toEqual({ userId: 5n, createdAt: "2026", request });
});

test.each([
  ["no JSON", "{", "end of object"],
  ["no request", '{"user_id":"5","created_at":"2026"}', "request"],
  [
    "a user that is no number",
    `{"user_id":"five","created_at":"2026","request":${JSON.stringify(request)}}`,
    "user_id",
  ],
  ["no time", `{"user_id":"5","request":${JSON.stringify(request)}}`, "created_at"],
])("%s is no request", (_what, text, named) => {
  expect(() => storedRequest.decode(text)).toThrow(named);
});
