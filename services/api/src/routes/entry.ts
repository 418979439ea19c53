import type { AppError } from "@trainer/platform";
import { headerOf } from "@trainer/platform/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Container } from "../container.js";
import type { ZodApp } from "./zod-app.js";

/** A key that comes twice counts as a wrong one. */
const Query = z.object({ key: z.string().optional().catch("") });

/** Leads a browser from `/` to the pages, signed in if the address has the key; `refused` counts a wrong key. */
export function entryRoute(
  app: ZodApp,
  pages: string,
  { keys, signIn }: Pick<Container, "keys" | "signIn">,
  refused: (req: FastifyRequest) => Promise<AppError>,
): void {
  const onRequest = async (_: FastifyRequest, reply: FastifyReply): Promise<void> =>
    void reply.header("cache-control", "no-store");

  app.get("/", { onRequest, schema: { hide: true, querystring: Query } }, async (req, reply) => {
    const { key } = req.query;
    if (key !== undefined && !keys.isOpen) {
      if (keys.has(key)) {
        if (isNavigation(req)) void reply.header("set-cookie", signIn.cookie(key, req.headers));
      } else {
        const error = await refused(req);
        if (error.code === "RATE_LIMIT_EXCEEDED") throw error;
      }
    }
    return await reply.redirect(pages, 303); // leaves the address with the key behind
  });
}

/** True unless a browser says that it opens no page: it loads an image, say, or a frame. */
const isNavigation = (req: FastifyRequest): boolean => (headerOf(req, "sec-fetch-dest") ?? "document") === "document";
