/** The folder that everything in a run's archive lies in. */
export const archiveRoot = (runId: string): string => `model-${runId}`;

/** What the archive of a run is called when it is sent somewhere. */
export const archiveName = (runId: string): string => `${archiveRoot(runId)}.tar.gz`;
