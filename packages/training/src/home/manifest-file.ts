import { writeManifest, type RunManifest } from "./manifest.js";

/** A run's current manifest, and its file. */
export class ManifestFile {
  #manifest: RunManifest;

  constructor(
    readonly path: string,
    manifest: RunManifest,
    /** Throws where another process has the run by now. */
    readonly assertOwned: () => void,
  ) {
    this.#manifest = manifest;
  }

  get current(): RunManifest {
    return this.#manifest;
  }

  /** Changes what is given, and replaces the file. */
  async update(change: Partial<RunManifest>): Promise<void> {
    this.assertOwned();
    this.#manifest = { ...this.#manifest, ...change };
    await writeManifest(this.path, this.#manifest);
  }
}
