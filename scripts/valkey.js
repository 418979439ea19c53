export { fetchValkey } from "../apps/cli/valkey/fetch-valkey.js";
