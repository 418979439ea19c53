export { dataBankConfig, type DataBankConfig } from "./config.js";
export { DiskStore } from "./disk/disk-store.js";
export { openStore, scrubStore } from "./open-store.js";
export { startDataBank, type DataBank, type DataBankHooks } from "./start.js";
export type { BlobStore, ScrubEvent, ScrubFinding, ScrubProgress } from "./store.js";
