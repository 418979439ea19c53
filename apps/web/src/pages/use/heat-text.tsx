import { memo, useState, type KeyboardEvent } from "react";
import { Button } from "../../parts/button.js";
import { count } from "../../parts/figures.js";
import { stepByKey } from "../../parts/step-by-key.js";
import { bitsText, chance, levelOf, LEVELS } from "./heat.js";
import type { Unit } from "./score-units.js";
import styles from "./score.module.css";

/** Parts that are drawn together: only those with the one that is looked at are drawn anew. */
const CHUNK = 100;
/** Parts that are shown at first, and with each "more". */
const PAGE = 4000;

/** A text, the warmer coloured the more surprising it is; the arrow keys and the pointer go from part to part. */
export function Heat({ units }: { readonly units: readonly Unit[] }) {
  const [at, setAt] = useState(0);
  const [shown, setShown] = useState(PAGE);
  const most = Math.min(shown, units.length);
  const chunks = Array.from({ length: Math.ceil(most / CHUNK) }, (_, i) => i * CHUNK);
  const step = (event: KeyboardEvent) => {
    const next = stepByKey(event.key, at, most - 1);
    if (next === null) return;
    event.preventDefault();
    setAt(next);
  };
  return (
    <>
      <Legend />
      <div className={styles.columns}>
        <div>
          <div
            className={styles.heat}
            role="listbox"
            aria-label="Text by surprisal"
            aria-orientation="horizontal"
            aria-activedescendant={most === 0 ? undefined : `part-${at}`}
            tabIndex={0}
            dir="auto"
            onKeyDown={step}
          >
            {chunks.map((from) => (
              <Chunk
                key={from}
                units={units}
                from={from}
                to={Math.min(from + CHUNK, most)}
                at={at >= from && at < from + CHUNK ? at : null}
                look={setAt}
              />
            ))}
          </div>
          {most < units.length && (
            <p className={styles.more}>
              <Button onClick={() => setShown(shown + PAGE)}>Show more</Button> {count(most)} of {count(units.length)}{" "}
              parts are shown; the file has them all.
            </p>
          )}
        </div>
        <Detail unit={units[at]} />
      </div>
    </>
  );
}

interface ChunkProps {
  readonly units: readonly Unit[];
  readonly from: number;
  readonly to: number;
  /** The part that is looked at, if it is one of these. */
  readonly at: number | null;
  readonly look: (at: number) => void;
}

const Chunk = memo(({ units, from, to, at, look }: ChunkProps) =>
  units.slice(from, to).map((unit, i) => (
    <span
      // oxlint-disable-next-line react/no-array-index-key -- a part is its place
      key={from + i}
      id={`part-${from + i}`}
      role="option"
      onPointerEnter={() => look(from + i)}
      aria-selected={at === from + i}
      aria-label={`${nameOf(unit)}: ${bitsText(unit.bits)}`}
      className={`${styles.part} ${styles[`heat${levelOf(unit.bits)}`]} ${unit.name === null ? "" : styles.around}`}
    >
      {shownText(unit)}
    </span>
  )),
);

/** Line ends are seen where they have a surprisal. */
const shownText = ({ text, name }: Unit): string => name ?? text.replaceAll("\n", "↵\n");

const nameOf = ({ text, name }: Unit): string =>
  name ??
  (text === "" ? "a further part of the character before" : text.replaceAll(" ", "␣").replaceAll("\n", " line end"));

const Legend = () => (
  <p className={styles.legend}>
    Surprisal in bits:
    <span className={`${styles.swatch} ${styles.heat0}`}>below {LEVELS[0]}</span>
    {LEVELS.map((from, i) => (
      <span key={from} className={`${styles.swatch} ${styles[`heat${i + 1}`]}`}>
        {from} +
      </span>
    ))}
  </p>
);

/** What is known of the part that is looked at. */
function Detail({ unit }: { readonly unit: Unit | undefined }) {
  if (unit === undefined) return null; // a text can be nothing but the tokens around it
  const { bits, expected } = unit;
  return (
    <aside className={styles.detail} aria-label="The part that is looked at">
      <p className={styles.looked} dir="auto">
        <q>{shownText(unit)}</q>
      </p>
      <p>
        {bitsText(bits)}
        {bits !== null && ` – a chance of ${chance(2 ** -bits)}`}
      </p>
      {expected.length > 0 && (
        <>
          <h3>Likeliest here</h3>
          <ol className={styles.expected}>
            {expected.map(([text, probability], i) => (
              // oxlint-disable-next-line react/no-array-index-key -- several tokens can have one text
              <li key={i}>
                <bdi className={styles.token}>{textOf(text)}</bdi>
                <span>{chance(probability)}</span>
              </li>
            ))}
          </ol>
        </>
      )}
    </aside>
  );
}

export const textOf = (text: string): string =>
  text === "" ? "(special token)" : text.replaceAll("\n", "↵").replaceAll(" ", "␣");
