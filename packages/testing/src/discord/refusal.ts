import type { z } from "zod";

/** A refusal of Discord's REST API, in its own words and numbers. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly status: number,
    readonly code: number,
    message: string,
    readonly details: object = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export const unknown = {
  channel: () => new Refusal(404, 10003, "Unknown Channel"),
  message: () => new Refusal(404, 10008, "Unknown Message"),
  guild: () => new Refusal(404, 10004, "Unknown Guild"),
  webhook: () => new Refusal(404, 10015, "Unknown Webhook"),
  interaction: () => new Refusal(404, 10062, "Unknown interaction"),
  route: () => new Refusal(404, 0, "404: Not Found"),
};

interface Errors {
  [part: string]: Errors | { code: string; message: string }[];
}

/** Errors of a body, nested as its fields are. */
export function invalidForm({ issues }: z.ZodError): Refusal {
  const errors: Errors = {};
  for (const { path, code, message } of issues) {
    let at = errors;
    for (const part of path) {
      const next = at[String(part)];
      at = at[String(part)] = next === undefined || Array.isArray(next) ? {} : next;
    }
    const earlier = at["_errors"];
    at["_errors"] = [...(Array.isArray(earlier) ? earlier : []), { code: code.toUpperCase(), message }];
  }
  return new Refusal(400, 50035, "Invalid Form Body", { errors });
}
