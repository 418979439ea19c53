import type { Pack } from "tar-stream";
import { TrainingError } from "../../errors.js";

/**
 * Makes an archive while it is read: `fill` puts the entries into it, `send` takes its bytes to where they go. What fails
 * on either side breaks off the other, and is thrown.
 */
export async function streamTar(
  fill: (archive: Pack) => Promise<void>,
  send: (archive: Pack) => Promise<void>,
): Promise<void> {
  const { pack } = await import("tar-stream"); // here, or every command would load it
  const archive = pack();
  const filling = filled(archive, fill);
  try {
    await send(archive); // fails also where the filling does
  } finally {
    await filling;
  }
}

/** Never rejects: what fails destroys the archive with the reason. */
async function filled(archive: Pack, fill: (archive: Pack) => Promise<void>): Promise<void> {
  try {
    await fill(archive);
    archive.finalize();
  } catch (error) {
    archive.destroy(TrainingError.from(error));
  }
}
