import type { StoreKind } from "../stores.js";
import { DiskStore } from "./disk-store.js";
import { scrubDisk } from "./scrub.js";

export const disk: StoreKind = {
  name: "disk",
  open: ({ root, minFreeBytes }) => DiskStore.open({ root, minFreeBytes }),
  inspect: async ({ root }) => ({ place: root, scrub: (options) => scrubDisk(root, options) }),
};
