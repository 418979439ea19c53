export { dataBankConfig, type DataBankConfig } from "./config.js";
export { DiskStore } from "./disk/disk-store.js";
export { inspectStore, openStore } from "./open-store.js";
export { startDataBank, type DataBank, type DataBankHooks } from "./start.js";
export { assertStoreKind, registerStore, type StoreConfig, type StoreKind } from "./stores.js";
export type { BlobStore, ScrubEvent, ScrubFinding, ScrubOptions, ScrubProgress } from "./store.js";
export type { ByteRange } from "@trainer/platform/http";
