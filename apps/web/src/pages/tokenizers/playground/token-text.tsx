import { memo, useId, useState, type KeyboardEvent } from "react";
import { count } from "../../../parts/figures.js";
import { stepByKey } from "../../../parts/step-by-key.js";
import type { Piece } from "./pieces.js";
import styles from "./playground.module.css";

const HUES = 5;

/** A text whose tokens stand out one from another. One is pointed at, or gone to with the arrow keys, to see its id. */
export function TokenText({ label, pieces }: { readonly label: string; readonly pieces: readonly Piece[] }) {
  const id = useId();
  const [at, setAt] = useState(0);
  const spots = pieces.filter(({ tokens }) => tokens.length > 0);
  const nth = Math.min(at, Math.max(0, spots.length - 1));
  const here = spots[nth];
  const onKeyDown = (event: KeyboardEvent) => {
    const to = stepByKey(event.key, nth, Math.max(0, spots.length - 1));
    if (to === null) return;
    event.preventDefault();
    setAt(to);
    document.getElementById(`${id}-${to}`)?.scrollIntoView({ block: "nearest" });
  };
  let spot = 0;
  return (
    <>
      <div
        className={styles.text}
        role="listbox"
        aria-label={label}
        aria-activedescendant={here === undefined ? undefined : `${id}-${nth}`}
        tabIndex={0}
        dir="auto"
        onKeyDown={onKeyDown}
      >
        {pieces.map((piece, i) =>
          piece.tokens.length === 0 ? (
            <span key={i} className={styles.left}>
              {piece.text}
            </span>
          ) : (
            <Part key={i} id={id} nth={spot++} piece={piece} isHere={piece === here} onPoint={setAt} />
          ),
        )}
      </div>
      <ul className={styles.here}>
        {(here?.tokens ?? []).map(({ number, id: tokenId, spelled, bytes }) => (
          <li key={number}>
            <code dir="auto">{spelled}</code> id {tokenId} · token {count(number)} · bytes {bytes}
          </li>
        ))}
      </ul>
    </>
  );
}

interface PartProps {
  readonly id: string;
  readonly nth: number;
  readonly piece: Piece;
  readonly isHere: boolean;
  readonly onPoint: (nth: number) => void;
}

const Part = memo(function Part({ id, nth, piece: { text, tokens }, isHere, onPoint }: PartProps) {
  const ids = tokens.map((token) => token.id).join(", ");
  const shown = text === "" ? tokens.map(({ spelled }) => spelled).join("") : text.replaceAll("\n", "↵\n");
  return (
    <span
      id={`${id}-${nth}`}
      role="option"
      aria-selected={isHere}
      aria-label={`${shown}, id ${ids}`}
      className={styles.token}
      data-hue={nth % HUES}
      data-parts={tokens.length > 1 ? tokens.length : undefined}
      data-empty={text === "" ? "" : undefined}
      onPointerOver={() => onPoint(nth)}
    >
      {shown}
    </span>
  );
});
