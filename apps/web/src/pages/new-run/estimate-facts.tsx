import { useQuery } from "@tanstack/react-query";
import type { EstimateResponse } from "@trainer/platform/browser";
import { bytes, count, roughly } from "../../parts/figures.js";
import { Failed } from "../../parts/states.js";
import { useSettled } from "../../parts/use-settled.js";
import corpus from "./corpus.module.css";
import { estimateQuery } from "./estimate.js";
import { Facts } from "./facts.js";
import styles from "./new-run.module.css";

/** How long nothing is changed before a training is measured: that takes the service seconds of work. */
const PAUSE_MS = 1000;

/** Size, memory and time of a training, measured before it is begun. */
export function EstimateFacts({ request }: { readonly request: string }) {
  const settled = useSettled(request, PAUSE_MS);
  const isCurrent = settled === request;
  const { data, error, refetch, isFetching } = useQuery({ ...estimateQuery(settled), enabled: isCurrent });
  if (isCurrent && error !== null && !isFetching)
    return <Failed what="Size, memory and time cannot be told." error={error} retry={refetch} />;
  if (!isCurrent || data === undefined)
    return (
      <p className={styles.note} role="status">
        Measuring size, memory and time …
      </p>
    );
  return (
    <>
      <Facts facts={factsOf(data)} />
      {notesOf(data).map((note) => (
        <p key={note} className={styles.note}>
          {note}
        </p>
      ))}
      {isTooLarge(data) && (
        <p className={corpus.warned} role="alert">
          This needs more memory than there is. A smaller batch, shorter sequences or a smaller model need less.
        </p>
      )}
    </>
  );
}

const isTooLarge = ({ memory_bytes: needed, available_bytes: there }: EstimateResponse): boolean =>
  needed !== null && there !== null && needed > there;

const NOT_KNOWN = "not known yet";

function factsOf(told: EstimateResponse): (readonly [string, string])[] {
  const { parameters, trainable_parameters: trained, tokens, steps, memory_bytes: memory, seconds } = told;
  const about = told.sampled === true ? "about " : "";
  const counted = (value: number | null) => (value === null ? NOT_KNOWN : `${about}${count(value)}`);
  const adapter = trained === null || trained === parameters ? "" : `, of which ${count(trained)} are trained`;
  return [
    ["Parameters", parameters === null ? NOT_KNOWN : `${count(parameters)}${adapter}`],
    ["Tokens in the text", counted(tokens)],
    ["Steps", counted(steps)],
    [
      told.device === "cuda" ? "GPU memory" : "Memory",
      memory === null ? NOT_KNOWN : `about ${bytes(memory)} of ${bytes(told.available_bytes)}`,
    ],
    ["Time to the end", seconds === null ? NOT_KNOWN : `about ${roughly(seconds)}`],
  ];
}

function notesOf(told: EstimateResponse): string[] {
  const why = [...new Set(Object.values(told.reasons))].map((reason) => `Not known yet: ${reason}.`);
  if (told.seconds === null) return why;
  const beside = "Something else kept the machine busy while this was measured. The time is that of the run alone.";
  return [...why, ...(told.busy === true ? [beside] : []), "A run that learns nothing more ends sooner."];
}
