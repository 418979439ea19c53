import { z } from "zod";
import { ServiceError } from "../service-error.js";
import { gitBlobHash, sha256Hash, type ContentHash } from "../transfer/content-hash.js";

/** A file of a repository, as its listing announces it. */
export interface HubFile {
  /** Its name: folders within a repository are not listed. */
  readonly name: string;
  readonly size: number;
  readonly hash: ContentHash;
}

/** A repository at one commit. */
export interface HubRepository {
  /** owner/name */
  readonly name: string;
  readonly revision: string;
  readonly commit: string;
  readonly files: readonly HubFile[];
}

const oid = z.string().regex(/^[0-9a-f]{40}$/, "must be 40 hexadecimal digits");
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits");
const size = z.int().nonnegative();
/** Nothing that leads anywhere. */
const path = z
  .string()
  .refine((text) => !/(^|[/\\])\.{1,2}($|[/\\])|^[/\\]|\0/.test(text), "leads out of the repository");

const Model = z.object({ sha: oid });
const Entry = z.discriminatedUnion("type", [
  z.object({ type: z.literal("directory"), path }),
  z.object({ type: z.literal("file"), path, oid, size, lfs: z.object({ oid: sha256, size }).nullish() }),
]);
const Tree = z.array(Entry);

/** The commit of a revision. @throws ServiceError INVALID_ANSWER */
export const commitIn = (value: unknown): string => parsed(Model, value, "a model").sha;

/** The files of a page of a listing. @throws ServiceError INVALID_ANSWER */
export const filesIn = (value: unknown): HubFile[] =>
  parsed(Tree, value, "a repository's files").flatMap((entry) => {
    if (entry.type === "directory" || entry.path.includes("/")) return [];
    const { path: name, size, lfs } = entry;
    if (lfs) return [{ name, size: lfs.size, hash: sha256Hash(lfs.oid) }];
    return [{ name, size, hash: gitBlobHash(entry.oid, size) }];
  });

function parsed<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  const wrong = z.prettifyError(found.error).slice(0, 1000);
  throw new ServiceError("INVALID_ANSWER", `the answer does not describe ${what} as a hub does: ${wrong}`);
}
