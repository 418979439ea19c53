import { z } from "zod";

const Texts = z.record(z.string(), z.string());

/** What is in the form: each setting as it was written, by its name in requests; what is not named is the preset's. */
export const Draft = z.object({
  preset: z.string().catch(""),
  values: Texts,
  /** Dimensions in place of the size's, by their names. */
  dimensions: Texts,
  /** What was planned around these, and what the plan says; null where nothing was. */
  plan: z.object({ values: Texts, dimensions: Texts, outlook: z.string() }).nullable().catch(null),
  /** Bytes of the text, where they are known. */
  bytes: z.number().nullable().catch(null),
  /** The run whose settings these were. */
  from: z.string().nullable().catch(null),
  /** The request that was sent, with its key: sent again after a lost answer it makes no second run. */
  sent: z.object({ key: z.string(), body: z.string() }).nullable().catch(null),
});
export type Draft = z.output<typeof Draft>;

export const newDraft = (preset: string): Draft => ({
  preset,
  values: {},
  dimensions: {},
  plan: null,
  bytes: null,
  from: null,
  sent: null,
});

/** True for one that starts from the weights of the run whose settings it has. */
export const trainsOn = ({ from, values }: Draft): boolean => from !== null && values["pretrained_run_id"] === from;

const NAME = "trainer.new-run";

/** The draft that this tab of the browser keeps over a reload; null where there is none that can be read. */
export function storedDraft(): Draft | null {
  try {
    const draft = Draft.safeParse(JSON.parse(sessionStorage.getItem(NAME) ?? "null"));
    return draft.success ? draft.data : null;
  } catch {
    return null;
  }
}

/** Keeps a draft, or with null none. */
export function storeDraft(draft: Draft | null): void {
  try {
    if (draft === null) sessionStorage.removeItem(NAME);
    else sessionStorage.setItem(NAME, JSON.stringify(draft));
  } catch {
    // it lasts as long as the page
  }
}

/** A key that nobody else makes up. `crypto.randomUUID` is not there on pages over plain HTTP from another machine. */
export const newKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The same request has the key that it had; another has a new one. */
export const sentAs = (sent: Draft["sent"], body: string): NonNullable<Draft["sent"]> =>
  sent?.body === body ? sent : { key: newKey(), body };
