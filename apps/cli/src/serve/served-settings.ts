import { fromHere } from "./wait-for-http.js";
import { keysFile, type Keys } from "./keys.js";
import { loadConfig, type LoadedConfig } from "./settings.js";
import { hasOwnBank, hasOwnRedis, serviceEnv } from "./system.js";

/** A setting that `trainer serve` gives its parts in place of the one that was found. */
export interface ServedSetting {
  readonly name: string;
  /** null: known once it is started. */
  readonly value: unknown;
  readonly why: string;
}

const MADE = "made at the first start";
const KEYS: Keys = { api_key: MADE, data_bank_key: MADE, redis_password: MADE };

/** Settings of the API and the worker that `trainer serve` changes. */
export function servedSettings(loaded: LoadedConfig, home: string, cwd: string, pages: string): ServedSetting[] {
  const { bindHost, dataBankPort, redis, app } = loaded.config;
  const ownRedis = hasOwnRedis(loaded);
  const bank = hasOwnBank(loaded)
    ? { url: fromHere(`http://${bindHost}:${dataBankPort}`), key: MADE }
    : { url: app.dataBankApiUrl, key: app.dataBankApiKey };
  const settings = serviceEnv({ loaded, home, keys: KEYS, pages }, ownRedis ? "redis://127.0.0.1" : redis.url, bank);
  const found = new Map(loaded.sources.map(({ toml, value }) => [toml, value]));
  return loadConfig({ env: { ...loaded.env, ...settings }, cwd }).sources.flatMap(({ env: [name], toml, value }) => {
    if (String(value) === String(found.get(toml))) return [];
    const known = toml === "redis.url" || (toml === "app.data_bank_api_url" && dataBankPort === 0) ? null : value;
    return [{ name: String(name), value: known, why: reason(toml, home) }];
  });
}

function reason(toml: string, home: string): string {
  if (toml === "redis.url") return "a Redis of its own, on a socket in the home; REDIS_URL names another";
  if (toml === "app.data_bank_api_url") return "its own file service";
  if (toml === "app.data_bank_api_key") return `the first of API_UPLOAD_KEYS, or the one in ${keysFile(home)}`;
  if (toml === "security.api_key") return `the one in ${keysFile(home)}`;
  if (toml === "api.pages_root") return "the pages of this installation";
  return "the home: --home, or TRAINER_HOME";
}
