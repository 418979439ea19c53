import { DataBankClient } from "@trainer/client/data-bank";
import { openHome, TextRoot, type DataBank, type Home } from "@trainer/training";
import type { ChildConfig } from "../config.js";
import { shownPaths } from "../shown-paths.js";

/** The home, and the sources of what is not in it. */
export interface ChildContext {
  readonly home: Home;
  readonly texts: TextRoot;
  /** Undefined where there is no file service. */
  readonly dataBank: DataBank | undefined;
  /** A message as clients are to read it. */
  readonly shown: (message: string) => string;
}

export function childContext({ artifactsRoot, dataRoot, dataBank }: ChildConfig): ChildContext {
  const shown = shownPaths({ artifactsRoot, dataRoot });
  const where = { home: openHome(artifactsRoot, dataRoot), texts: new TextRoot(dataRoot), shown };
  if (dataBank === null) return { ...where, dataBank: undefined };
  return { ...where, dataBank: new DataBankClient({ url: dataBank.url, apiKey: dataBank.apiKey || undefined }) };
}
