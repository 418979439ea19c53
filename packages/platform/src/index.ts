export { envField, readConfig, type Env } from "./config.js";
export { AppError, STATUS, type ErrorCode } from "./errors.js";
export { logOptions } from "./log.js";
export { FileInfo, Sha256 } from "./schemas/file-info.js";
