/** Top folder of a run's archive. */
export const archiveRoot = (runId: string): string => `model-${runId}`;

/** File name of a run's archive. */
export const archiveName = (runId: string): string => `${archiveRoot(runId)}.tar.gz`;

/** Printable ASCII without what Windows separates by, and not ending as it forbids; neither "." nor "..". */
const PART = /^[ !-9;-[\]-~]{0,254}[!--0-9;-[\]-~]$/;
const DEEPEST = 16;
const MOST = 2000;

/**
 * The names of an archive's members, one after the other: each is held to what every file system can hold and to those
 * before it. The same rules for what is packed and for what is unpacked, so that nothing goes in that does not come out.
 */
export class MemberNames {
  /** Keyed by the case-folded name: the name itself, and whether it is a folder's. */
  readonly #seen = new Map<string, { readonly name: string; readonly folder: boolean }>();

  /** `refuse` makes the error of a reason. */
  constructor(
    readonly root: string,
    readonly refuse: (why: string) => Error,
  ) {}

  /** Path of a member in the run's folder; "" for that folder itself. */
  add(member: string, folder: boolean): string {
    const shown = JSON.stringify(member);
    const [root, ...parts] = (folder ? member.replace(/\/$/, "") : member).split("/");
    if (root !== this.root) throw this.refuse(`${shown} does not lie in ${this.root}/`);
    if (parts.length === 0 && !folder) throw this.refuse(`${shown} should be a folder`);
    if (parts.length > DEEPEST) throw this.refuse(`${shown} lies more than ${DEEPEST} folders deep`);
    if (!parts.every((part) => PART.test(part))) {
      throw this.refuse(
        `${shown} is no name for a file here (printable ASCII, without ":" and "\\", no "." at the end)`,
      );
    }
    for (let depth = 1; depth <= parts.length; depth++) {
      this.#note(parts.slice(0, depth).join("/"), folder || depth < parts.length);
    }
    return parts.join("/");
  }

  #note(name: string, folder: boolean): void {
    const key = name.toLowerCase();
    const known = this.#seen.get(key);
    if (known === undefined) {
      if (this.#seen.size === MOST) throw this.refuse(`it has more than ${MOST} files and folders`);
      this.#seen.set(key, { name, folder });
    } else if (known.name !== name) {
      throw this.refuse(`"${name}" and "${known.name}" are the same file to some file systems`);
    } else if (!folder || !known.folder) {
      throw this.refuse(`"${name}" comes twice`);
    }
  }
}
