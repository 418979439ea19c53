// The types of index.js, for the TypeScript beside it: what fetches libtorch runs before anything is built.

/** Version of libtorch that the addon is built for. */
export const VERSION: string;
/** Folder of downloads, shared by all checkouts and installations. */
export function cacheFolder(): string;
/** The folder that holds torch/lib, or null when it must be fetched first. Throws where LIBTORCH names none. */
export function findLibtorch(): string | null;
/** Path of the library in that folder that brings all others with it. */
export function libtorchCpu(folder: string): string;
/** Fetches libtorch by pip into the cache, checked by hash, with its progress on stdout. Returns its folder. */
export function fetchLibtorch(): Promise<string>;
