import { DataBankClient, ServiceError } from "@trainer/client/data-bank";
import { AppError, Sha256 } from "@trainer/platform";

/** The hash of no file that anybody has. */
const NONE = Sha256.parse("0".repeat(64));

const TIMEOUT_MS = 2000;

/**
 * Asks the file service whether it takes the key, before a training's archive is refused there at its end. One that
 * cannot be reached now is for later.
 * @throws AppError CONFIG_ERROR
 */
export async function refuseWrongKey({
  url,
  apiKey,
}: {
  readonly url: string;
  readonly apiKey: string;
}): Promise<void> {
  const client = new DataBankClient({ url, apiKey, retries: 0, timeoutMs: TIMEOUT_MS });
  try {
    await client.head(NONE);
  } catch (error) {
    if (!(error instanceof ServiceError) || (error.status !== 401 && error.status !== 403)) return;
    const what = apiKey === "" ? "wants a key" : "does not take the key";
    const message = `the file service at ${url} ${what}: set APP__DATA_BANK_API_KEY to one of its API_UPLOAD_KEYS`;
    throw new AppError("CONFIG_ERROR", message, { cause: error });
  }
}
