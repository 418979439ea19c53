export { dataBankConfig, type DataBankConfig } from "./config.js";
export { DiskStore } from "./disk/disk-store.js";
export { scrubDisk } from "./disk/scrub.js";
export { startDataBank, type DataBank, type DataBankHooks } from "./start.js";
export type { BlobStore, ScrubEvent, ScrubFinding, ScrubProgress } from "./store.js";
