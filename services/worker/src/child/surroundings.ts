import { DataBankClient } from "@trainer/client/data-bank";
import { openHome, TextRoot, type DataBank, type Home } from "@trainer/training";
import type { ChildConfig } from "../config.js";

/** Where everything lies, and where what is not here comes from. */
export interface Surroundings {
  readonly home: Home;
  readonly texts: TextRoot;
  /** Undefined where there is no file service. */
  readonly dataBank: DataBank | undefined;
}

export function surroundings({ artifactsRoot, dataRoot, dataBank }: ChildConfig): Surroundings {
  const where = { home: openHome(artifactsRoot, dataRoot), texts: new TextRoot(dataRoot) };
  if (dataBank === null) return { ...where, dataBank: undefined };
  return { ...where, dataBank: new DataBankClient({ url: dataBank.url, apiKey: dataBank.apiKey || undefined }) };
}
