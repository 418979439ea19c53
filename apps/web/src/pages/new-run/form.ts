import type { Capabilities } from "@trainer/platform/browser";
import type { Draft } from "./draft.js";
import type { Problems, Texts } from "./request.js";

/** What the parts of the form see of it, and how they change it. */
export interface Form {
  readonly draft: Draft;
  readonly texts: Texts;
  readonly problems: Problems;
  readonly capabilities: Capabilities | undefined;
  /** Writes settings; an empty text is the service's default. */
  readonly set: (values: Texts) => void;
  readonly change: (change: Partial<Draft>) => void;
}
