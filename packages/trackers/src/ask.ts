import { z } from "zod";
import { TrackerError } from "./tracker-error.js";

/** Most bytes of an answer: a server that says without end must not fill the memory. */
const MOST = 4 << 20;
const WITHIN_MS = 30_000;
const Caused = z.object({ cause: z.instanceof(Error) });

/** Server of a tracker. */
export interface Server {
  /** Name of the tracker, in messages. */
  readonly name: string;
  /** Address in messages. */
  readonly url: string;
  /** The address before the paths of questions, without a slash at its end. */
  readonly root: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A refusal's code, null where the tracker gives none, and reason, in few words. */
  readonly refusal: z.ZodType<{ readonly code: string | null; readonly why: string }>;
}

export interface Question {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: object;
}

/** A server's answer by its schema. @throws TrackerError for a refusal, and for what is no such answer */
export async function answerOf<T>(
  server: Server,
  question: Question,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const { name, url, refusal } = server;
  const { status, text } = await ask(server, question, signal);
  if (status !== 200) {
    const { code, why } = parsed(refusal, text) ?? { code: null, why: "" };
    throw new TrackerError(`${name} at ${url} answers ${status}${why && `: ${why}`}`, code);
  }
  const answer = parsed(schema, text);
  if (answer === null) throw new TrackerError(`${url} answers ${question.path} with what ${name} would not say`);
  return answer;
}

/** Status and text of an answer, whole within half a minute. */
async function ask(
  { root, headers }: Server,
  { method, path, body }: Question,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  try {
    const answer = await fetch(`${root}/${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]),
    });
    return { status: answer.status, text: await textOf(answer) };
  } catch (error) {
    if (error instanceof TrackerError) throw error;
    throw new TrackerError(`${new URL(root).origin} does not answer: ${reasonOf(error)}`, null, { cause: error });
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
