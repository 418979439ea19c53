import type { FastifyInstance, HTTPMethods } from "fastify";
import { AppError } from "../errors.js";

const METHODS: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"];

/** Adds routes, and to each the answer to what cannot be done with it: 405, with what can. */
export function refuseOtherMethods(app: FastifyInstance, routes: (app: FastifyInstance) => void): void {
  const allowed = new Map<string, string[]>();
  app.addHook("onRoute", ({ url, method }) => {
    allowed.set(url, [...(allowed.get(url) ?? []), ...[method].flat()]);
  });
  routes(app);
  // A plugin, for plugins come after one another: all routes are known by now.
  void app.register(async (scope) => {
    for (const [url, methods] of allowed) refuse(scope, url, methods);
  });
}

function refuse(app: FastifyInstance, url: string, known: readonly string[]): void {
  const headers = { allow: METHODS.filter((method) => known.includes(method)).join(", ") };
  const method = METHODS.filter((method) => !known.includes(method));
  const refused = async () => {
    throw new AppError("METHOD_NOT_ALLOWED", "Method Not Allowed", { headers });
  };
  app.route({ url, method, onRequest: refused, handler: refused }); // at once, for any body
}
