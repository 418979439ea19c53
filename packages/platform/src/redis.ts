export const REDIS_TIMEOUT_MS = 1000;
