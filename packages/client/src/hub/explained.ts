import { ServiceError } from "../service-error.js";

export interface Asked {
  /** Address of the hub, without credentials. */
  readonly hub: string;
  readonly name: string;
  readonly revision: string;
  readonly hasToken: boolean;
}

/** A hub's refusal with what it means and what to do; any other error as it is. */
export function explained(error: unknown, asked: Asked): unknown {
  if (!(error instanceof ServiceError) || error.status === null) return error;
  const meaning = meaningOf(error, asked);
  if (meaning === null) return error;
  const { code, status, retryAfterMs } = error;
  const message = `${meaning} (${asked.hub} says: ${error.message.slice(0, 300)})`;
  return new ServiceError(code, message, { cause: error, service: "hub", status, retryAfterMs });
}

function meaningOf({ status, retryAfterMs }: ServiceError, { hub, name, revision, hasToken }: Asked): string | null {
  const page = `${hub}/${name}`;
  if (status === 401)
    return hasToken
      ? `${name} is not opened by the token in HF_TOKEN: it is not known, has expired, or may not read this repository`
      : `${name} is private, gated or not there: check how it is spelled; if you may read it, set HF_TOKEN to a token of your account`;
  if (status === 403)
    return hasToken
      ? `${name} is gated, and the account of HF_TOKEN has no access: ask for it at ${page}, or use a token that may read it`
      : `${name} is gated: ask for access at ${page}, then set HF_TOKEN to a token of your account`;
  if (status === 404)
    return `${hub} has no model ${name}, or none at the revision ${revision}: check owner, name and --revision, and the address in --mirror or HF_ENDPOINT`;
  if (status !== 429) return null;
  const wait = retryAfterMs === null ? "later" : `in ${Math.ceil(retryAfterMs / 60_000)} min`;
  return `${hub} allows no more requests now: try again ${wait}, and what has come is kept${hasToken ? "" : "; with HF_TOKEN it allows more"}`;
}
