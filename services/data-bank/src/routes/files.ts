import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AppError, type FileInfo } from "@trainer/platform";
import { headerOf, parseRange, type Hosts } from "@trainer/platform/http";
import { ifRange, noneMatch } from "../conditions.js";
import type { KeyRing, Permission } from "../keys.js";
import { limited } from "../limited.js";
import type { Metrics } from "../metrics.js";
import { filePart } from "../multipart.js";
import { paced, type Pace } from "../paced.js";
import type { BlobStore } from "../store.js";

export interface FileRoutes {
  readonly store: BlobStore;
  readonly keys: KeyRing;
  readonly hosts: Hosts;
  readonly metrics: Metrics;
  readonly maxFileBytes: number;
  readonly strictDelete: boolean;
  readonly pace: Pace;
}

interface OfFile {
  readonly Params: { readonly id: string };
}

export function fileRoutes(app: FastifyInstance, deps: FileRoutes): void {
  const { store, keys, hosts, metrics, maxFileBytes, strictDelete, pace } = deps;
  const may = (permission: Permission) => async (req: FastifyRequest) => {
    keys.check(permission, headerOf(req, "x-api-key"));
    if (keys.isOpen(permission)) hosts.refuseForeign(req.headers);
  };
  const find = async (id: string): Promise<FileInfo> => {
    const known = fileId(id);
    const info = known === null ? null : await store.info(known);
    if (info === null) throw notFound();
    return info;
  };

  app.post("/files", { onRequest: may("upload") }, async (req, reply) => {
    const expected = Number(req.headers["content-length"] ?? 0);
    if (expected > maxFileBytes + MAX_FORM_BYTES) throw new AppError("PAYLOAD_TOO_LARGE", "file too large");
    const chunks = paced(req.raw.iterator({ destroyOnReturn: false }), pace);
    req.socket.setTimeout(0); // its pace is watched instead, and syncing what has come may take long
    metrics.uploads.inc();
    try {
      const { body, contentType } = await filePart("file", req.headers["content-type"], chunks);
      const info = await store.put(limited(body, maxFileBytes), contentType, expected);
      metrics.receivedBytes.inc(info.size);
      return await reply.code(201).send(info);
    } finally {
      metrics.uploads.dec();
    }
  });

  app.head<OfFile>("/files/:id", { onRequest: may("read") }, async (req, reply) => {
    const info = await find(req.params.id);
    if (noneMatch(headerOf(req, "if-none-match"), info.sha256)) return notModified(reply, info);
    return describe(reply, info, info.content_type).header("content-length", info.size).send();
  });

  app.get<OfFile>("/files/:id", { onRequest: may("read") }, async (req, reply) => {
    const info = await find(req.params.id);
    if (noneMatch(headerOf(req, "if-none-match"), info.sha256)) return notModified(reply, info);
    const header = ifRange(headerOf(req, "if-range"), info.sha256) ? headerOf(req, "range") : undefined;
    const range = header === undefined ? undefined : parseRange(header, info.size);
    const content = await store.read(info.file_id, range);
    if (content === null) throw notFound(); // deleted since
    const bytes = range === undefined ? info.size : range.end - range.start + 1;
    metrics.sentBytes.inc(bytes);
    describe(reply, info, range === undefined ? withCharset(info.content_type) : info.content_type);
    if (range !== undefined) reply.code(206).header("content-range", `bytes ${range.start}-${range.end}/${info.size}`);
    return reply.header("content-length", bytes).send(content);
  });

  app.get<OfFile>("/files/:id/info", { onRequest: may("read") }, (req) => find(req.params.id));

  app.delete<OfFile>("/files/:id", { onRequest: may("delete") }, async (req, reply) => {
    const id = fileId(req.params.id);
    const there = id !== null && (await store.remove(id));
    if (!there && strictDelete) throw notFound();
    return reply.code(204).send();
  });
}

/**
 * A file's id from a URL: case and surrounding spaces do not matter. Null if it has the form of an older kind of id, of
 * which there is no file.
 * @throws AppError INVALID_INPUT for other malformed ids
 */
function fileId(text: string): string | null {
  const id = text.trim().toLowerCase();
  if (!/^[0-9a-f]{4,}$/.test(id)) throw new AppError("INVALID_INPUT", "invalid file_id");
  return id.length === 64 ? id : null;
}

const notFound = (): AppError => new AppError("NOT_FOUND", "file not found");

/** More than the delimiters and headers around a file come to. */
const MAX_FORM_BYTES = 64 << 10;

/** An uploaded file must not run as a page of this host. */
const describe = (reply: FastifyReply, info: FileInfo, contentType: string): FastifyReply =>
  reply.headers({
    "accept-ranges": "bytes",
    // Without quotes, against RFC 9110: clients compare it with the SHA-256 of what they have.
    etag: info.sha256,
    "content-type": contentType,
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
  });

const notModified = (reply: FastifyReply, info: FileInfo): FastifyReply =>
  reply.code(304).header("etag", info.sha256).send();

const withCharset = (type: string): string =>
  /^text\//i.test(type) && !/;\s*charset=/i.test(type) ? `${type}; charset=utf-8` : type;
