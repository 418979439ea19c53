import { fileURLToPath } from "node:url";

export { ApiConfig, type ApiInput } from "./config.js";
export type { ApiHooks } from "./container.js";
export { startApi, type Api } from "./start.js";

/** Path of the API's OpenAPI document. */
export const openApiPath = fileURLToPath(new URL("../openapi.json", import.meta.url));
