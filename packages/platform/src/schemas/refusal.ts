import type { z } from "zod";
import { AppError, type ErrorCode } from "../errors.js";

/** Parameters of an issue with a code or status of its own; its message is then the whole message. */
export interface IssueParams {
  readonly code?: ErrorCode;
  readonly status?: number;
}

/** Fields whose wrong type counts as a body that cannot be processed. */
const UNPROCESSABLE: ReadonlySet<PropertyKey | undefined> = new Set(["stop_on_eos", "stop_sequences"]);

/** The one error of a refused body: the first issue, unknown fields before others. */
export function refusalOf({ issues }: z.ZodError): AppError {
  const extra = issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? issue.keys : []));
  if (extra.length > 0) {
    const message = `Extra fields not allowed: ${extra.sort().join(", ")}`;
    return new AppError("INVALID_INPUT", message, { status: 422 });
  }
  const [issue] = issues;
  if (issue === undefined || issue.path.length === 0) {
    return own(issue) ?? new AppError("INVALID_INPUT", "Invalid request body");
  }
  const message = `${issue.path.join(".")} ${issue.message}`;
  return own(issue) ?? new AppError("INVALID_INPUT", message, UNPROCESSABLE.has(issue.path[0]) ? { status: 422 } : {});
}

function own(issue: z.core.$ZodIssue | undefined): AppError | null {
  if (issue?.code !== "custom" || issue.params === undefined) return null;
  const { code = "INVALID_INPUT", status }: IssueParams = issue.params;
  return new AppError(code, issue.message, status === undefined ? {} : { status });
}
