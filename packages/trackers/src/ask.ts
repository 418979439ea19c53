import { z } from "zod";
import { TrackerError } from "./tracker-error.js";

/** Most bytes of an answer: a server that says without end must not fill the memory. */
const MOST = 4 << 20;
const WITHIN_MS = 30_000;
const Caused = z.object({ cause: z.instanceof(Error) });

export interface Question {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** Status and text of an answer, whole within half a minute. */
export async function ask(question: Question, signal: AbortSignal): Promise<{ status: number; text: string }> {
  const { method, url, headers, body } = question;
  try {
    const answer = await fetch(url, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]),
    });
    return { status: answer.status, text: await textOf(answer) };
  } catch (error) {
    if (error instanceof TrackerError) throw error;
    throw new TrackerError(`${new URL(url).origin} does not answer: ${reasonOf(error)}`, null, { cause: error });
  }
}

async function textOf({ body }: Response): Promise<string> {
  if (body === null) return "";
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    const piece = z.instanceof(Uint8Array).parse(chunk);
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > MOST) throw new TrackerError(`an answer of more than ${MOST} bytes`);
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** fetch says "fetch failed"; why it did is in its cause, if it has one. */
function reasonOf(error: unknown): string {
  const { data } = Caused.safeParse(error);
  return messageOf(data === undefined ? error : data.cause);
}

/** An error's text without its kind. */
export const messageOf = (error: unknown): string => String(error).replace(/^\w*Error: /, "");

/** An answer's JSON by its schema; null for what is none. */
export function parsed<T>(schema: z.ZodType<T>, text: string): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
