import { fileURLToPath } from "node:url";

export { ApiConfig, type ApiInput } from "./config.js";
export type { ApiHooks } from "./container.js";
export { startApi, type Api } from "./start.js";

/** Where the OpenAPI document of the API is. */
export const openApiPath = fileURLToPath(new URL("../openapi.json", import.meta.url));
