// @vitest-environment happy-dom
import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { answering, nothing, refusal } from "../../testing/answers.js";
import { openPage } from "../../testing/page.js";

test.each([
  ["a wrong key", refusal(401, "UNAUTHORIZED", "Unauthorized"), "That is not the key of this service."],
  ["too many keys", refusal(429, "RATE_LIMIT_EXCEEDED", "too many requests with a wrong key"), "Too many requests"],
  ["no answer", nothing(), "The service does not answer. Is it still running"],
])("%s is said at the field", async (_, answer, sentence) => {
  answering({ "POST /session": answer });
  const { user } = openPage("/app/sign-in");
  await user.type(await screen.findByLabelText("Key"), "wrong{Enter}");
  expect(await screen.findByRole("alert")).toHaveTextContent(sentence);
  expect(screen.getByLabelText("Key")).toHaveAccessibleDescription(expect.stringContaining(sentence));
});

test.each(["https://evil.example/", "//evil.example/", "/sign-in?from=x", "/\\evil.example", "javascript:alert(1)"])(
  "a way back to %s is not gone",
  async (from) => {
    answering({ "POST /session": new Response(null, { status: 204 }), "/runs": { runs: [], next: null } });
    const { user, address } = openPage(`/app/sign-in?from=${encodeURIComponent(from)}`);
    await user.type(await screen.findByLabelText("Key"), "right{Enter}");
    await waitFor(() => expect(address()).toBe("/app/runs"));
  },
);
