import type { FastifyRequest } from "fastify";

/** A header's value; the first, where a client sends it more than once. */
export const headerOf = (req: Pick<FastifyRequest, "headers">, name: string): string | undefined =>
  [req.headers[name]].flat()[0];
