import { DataBankClient } from "@trainer/client/data-bank";
import { openHome, type DataBank, type Home } from "@trainer/training";
import type { ChildConfig } from "../config.js";

/** Where everything lies, and where what is not here comes from. */
export interface Surroundings {
  readonly home: Home;
  /** Undefined where there is no file service. */
  readonly dataBank: DataBank | undefined;
}

export function surroundings({ artifactsRoot, dataRoot, dataBank }: ChildConfig): Surroundings {
  const home = openHome(artifactsRoot, dataRoot);
  if (dataBank === null) return { home, dataBank: undefined };
  return { home, dataBank: new DataBankClient({ url: dataBank.url, apiKey: dataBank.apiKey || undefined }) };
}
