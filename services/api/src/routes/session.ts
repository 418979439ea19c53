import type { AppError } from "@trainer/platform";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Container } from "../container.js";
import { BODY, COMMON } from "./answers.js";
import type { ZodApp } from "./zod-app.js";

const Session = z.strictObject({ key: z.string().describe("The API key.") }).meta({ example: { key: "the API key" } });

/** Signs a browser in and out; `refused` counts a wrong key. */
export function sessionRoutes(
  app: ZodApp,
  { keys, hosts, signIn }: Container,
  refused: (req: FastifyRequest) => Promise<AppError>,
): void {
  const tags = ["Service"];
  const none = z.undefined().describe("Done; Set-Cookie sets or clears the cookie.");
  const onRequest = async ({ headers }: FastifyRequest): Promise<void> => hosts.refuseForeign(headers);

  app.post(
    "/session",
    {
      onRequest,
      schema: {
        tags,
        summary: "Exchange the API key for a cookie",
        body: Session,
        response: { 204: none, ...COMMON, ...BODY },
      },
    },
    async (req, reply) => {
      const { key } = req.body;
      void reply.code(204).header("cache-control", "no-store");
      if (keys.isOpen) return;
      if (!keys.has(key)) throw await refused(req);
      void reply.header("set-cookie", signIn.cookie(key, req.headers));
    },
  );

  app.delete(
    "/session",
    { onRequest, schema: { tags, summary: "Take the cookie away", response: { 204: none, 403: COMMON[403] } } },
    async (_, reply) => void reply.code(204).header("set-cookie", [...signIn.signedOut]),
  );
}
