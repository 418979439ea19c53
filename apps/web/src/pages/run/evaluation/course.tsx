import { at } from "@trainer/disk/at";
import type { CourseSample } from "@trainer/platform/browser";
import { useId, useMemo, useState } from "react";
import { Button } from "../../../parts/button.js";
import { count } from "../../../parts/figures.js";
import styles from "./evaluation.module.css";
import { Samples } from "./samples.js";

interface Texts {
  readonly step: number;
  readonly texts: CourseSample[];
}

/** The earliest step first. */
function textsByStep(course: readonly CourseSample[]): Texts[] {
  const all = new Map<number, Texts>();
  for (const text of course) {
    const known = all.get(text.step);
    if (known === undefined) all.set(text.step, { step: text.step, texts: [text] });
    else known.texts.push(text);
  }
  return [...all.values()];
}

/** How what the model writes changes with its training: the texts of one step, the newest until another is chosen. There is one at least. */
export function Course({ course }: { readonly course: readonly CourseSample[] }) {
  const id = useId();
  const steps = useMemo(() => textsByStep(course), [course]);
  /** Null: the newest, also when there is a newer one. */
  const [chosen, setChosen] = useState<number | null>(null);
  const last = steps.length - 1;
  const found = steps.findIndex(({ step }) => step === chosen);
  const place = found === -1 ? last : found;
  const choose = (to: number) => setChosen(to === last ? null : at(steps, to).step);
  const { step, texts } = at(steps, place);
  const title = `After step ${count(step)}`;
  return (
    <section className={styles.course} aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>As it is trained</h3>
      <div className={styles.ask}>
        <Button disabled={place === 0} onClick={() => choose(place - 1)}>
          Earlier
        </Button>
        <input
          id={id}
          className={styles.place}
          type="range"
          aria-label="Step"
          aria-valuetext={title}
          min={0}
          max={last}
          value={place}
          onChange={({ target }) => choose(target.valueAsNumber)}
        />
        <Button disabled={place === last} onClick={() => choose(place + 1)}>
          Later
        </Button>
        <output htmlFor={id}>
          {title}
          {place === last && ", the newest"}
        </output>
      </div>
      <Samples of={texts} />
    </section>
  );
}
