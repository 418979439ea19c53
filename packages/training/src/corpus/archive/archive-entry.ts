/** A file inside an archive, which is read where it lies. */
export interface ArchiveEntry {
  /** Its path in the archive, by "/". */
  readonly name: string;
  /** Size, unpacked. */
  readonly bytes: number;
  /** The archive, as it was when it was looked into. */
  readonly archive: ArchiveFile;
  /** The unpacked bytes. */
  read(): AsyncGenerator<Buffer, void, undefined>;
}

/** An archive to look into. */
export interface ArchiveFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}
