import type { FastifyInstance, FastifyRequest } from "fastify";
import { AppError } from "../errors.js";
import { parseJson } from "../json.js";

/** Bodies are JSON, whatever their content type. */
export function takeJson(app: FastifyInstance): void {
  app.addHook("onRequest", async (req) => void (req.headers["content-type"] = "application/json"));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "application/json",
    { parseAs: "string" },
    async (_: FastifyRequest, text: string | Buffer) => {
      try {
        return text === "" ? undefined : parseJson(String(text));
      } catch (cause) {
        const why = cause instanceof SyntaxError ? cause.message : "it is nested too deeply";
        throw new AppError("INVALID_JSON", `the body is no JSON: ${why}`, { cause });
      }
    },
  );
}
