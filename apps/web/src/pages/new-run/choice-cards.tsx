import { useId } from "react";
import styles from "./choice-cards.module.css";

export interface Card {
  readonly value: string;
  readonly title: string;
  readonly choose: () => void;
}

/** One of a few, each on a card. */
export function ChoiceCards({
  name,
  title,
  cards,
  value,
  refusal,
}: {
  /** By which a form finds them. */
  readonly name: string;
  readonly title: string;
  readonly cards: readonly Card[];
  readonly value: string;
  readonly refusal?: string | undefined;
}) {
  const id = useId();
  return (
    <fieldset className={styles.cards} aria-describedby={`${id}-refusal`}>
      <legend className={styles.legend}>{title}</legend>
      {cards.map((card) => (
        <label key={card.value} className={styles.card}>
          <input type="radio" name={name} value={card.value} checked={card.value === value} onChange={card.choose} />
          <span className={styles.title}>{card.title}</span>
        </label>
      ))}
      <p id={`${id}-refusal`} className={styles.refusal} role="status" hidden={refusal === undefined}>
        {refusal}
      </p>
    </fieldset>
  );
}
