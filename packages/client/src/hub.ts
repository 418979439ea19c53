export { HubClient, PUBLIC_HUB, type HubClientOptions } from "./hub/client.js";
export type { HubFile, HubRepository } from "./hub/listing.js";
export { ServiceError } from "./service-error.js";
export type { Progress, TransferOptions } from "./transfer/download.js";
