import { extname, join, resolve, sep } from "node:path";
import fastifyStatic from "@fastify/static";
import { resolveInside } from "@trainer/disk";
import { AppError } from "@trainer/platform";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Container } from "../container.js";
import { entryRoute } from "./entry.js";
import type { ZodApp } from "./zod-app.js";

/** Address that the pages are built for. */
const PAGES = "/app/";

const POLICY = {
  "default-src": "'self'",
  "img-src": "'self' data: blob:",
  "object-src": "'none'",
  "base-uri": "'none'",
  "form-action": "'self'",
  "frame-ancestors": "'none'",
} as const;

const HEADERS = {
  "content-security-policy": Object.entries(POLICY)
    .map((each) => each.join(" "))
    .join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer", // the address of an entry has the key
  "cross-origin-opener-policy": "same-origin",
  "x-frame-options": "DENY",
};

/** Files in assets/ have a hash of their content in their names. */
const ASSETS = "assets";
const IMMUTABLE = "public, max-age=31536000, immutable";

const Params = z.object({ "*": z.string() });

/** Serves the pages to everybody, with their entry at `/`; `refused` counts a wrong key there. */
export async function pageRoutes(
  app: ZodApp,
  container: Pick<Container, "config" | "keys" | "signIn">,
  refused: (req: FastifyRequest) => Promise<AppError>,
): Promise<void> {
  const root = resolve(container.config.pagesRoot);
  const assets = join(root, ASSETS) + sep;
  app.addHook("onRequest", async (_, reply) => void reply.headers(HEADERS));
  await app.register(fastifyStatic, {
    root,
    serve: false,
    index: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => void reply.header("cache-control", path.startsWith(assets) ? IMMUTABLE : "no-cache"),
    async onFile(path) {
      if ((await resolveInside(root, path)) === null) throw notFound(); // a link that leads out
    },
  });

  entryRoute(app, PAGES, container, refused);
  app.get("/app", { schema: { hide: true } }, async (_, reply) => await reply.redirect(PAGES, 303));
  app.route({
    method: ["GET", "HEAD"],
    url: `${PAGES}*`,
    schema: { hide: true, params: Params },
    handler: (req, reply): FastifyReply => reply.sendFile(fileOf(req.params["*"])),
  });
}

/**
 * The file of a path: of all but assets and files beside the page it is the page, which reads the path itself. Ids of
 * runs, with which addresses of pages end, may have a dot.
 */
function fileOf(path: string): string {
  const names = path.replace(/\/$/, "").split("/");
  if (path !== "" && !names.every((name) => NAME.test(name))) throw notFound();
  const isFile = names[0] === ASSETS || (names.length === 1 && extname(path) !== "");
  if (!isFile) return "index.html";
  if (path.endsWith("/")) throw notFound();
  return path;
}

/** No `..` and no hidden file, and nothing that a disk would read as a path. */
const NAME = /^[^.\\\0][^\\\0]*$/;

const notFound = (): AppError => new AppError("NOT_FOUND", "Not Found");
