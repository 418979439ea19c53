import type { ScoreResponse } from "@trainer/platform/browser";
import { useMemo, useState } from "react";
import { Button } from "../../parts/button.js";
import { FigureList } from "../../parts/figure-list.js";
import { count, figure } from "../../parts/figures.js";
import { capitalized } from "../../parts/words.js";
import { Heat } from "./heat-text.js";
import { LinesTable, UnitsTable } from "./score-tables.js";
import { grains, scoredOf, type Grain, type Scored } from "./score-units.js";
import { linesTsv, saveAs, unitsTsv } from "./tsv.js";
import styles from "./score.module.css";

const views = ["coloured", "table", "lines"] as const;
type View = (typeof views)[number];

const titles: Readonly<Record<Grain | View, string>> = {
  token: "Token",
  word: "Word",
  character: "Character",
  coloured: "Coloured text",
  table: "Table",
  lines: "Sums by line",
};

/** A text with its surprisals: coloured, as a table, or summed by line. */
export function ScoreReport({ run, result }: { readonly run: string; readonly result: ScoreResponse }) {
  const [grain, setGrain] = useState<Grain>("token");
  const [view, setView] = useState<View>("coloured");
  const scored = useMemo(() => scoredOf(result), [result]);
  const units = scored.units[grain];
  const save = () => {
    const [name, text] = view === "lines" ? ["lines", linesTsv(scored.lines)] : [`${grain}s`, unitsTsv(units)];
    saveAs(`${run}-${name}.tsv`, text);
  };
  return (
    <>
      <Figures result={result} scored={scored} />
      {scored.units.token.length > 0 && (
        <>
          <div className={styles.tools}>
            <Choice title="Show" names={views} value={view} onChange={setView} />
            {view !== "lines" && <Choice title="By" names={grains} value={grain} onChange={setGrain} />}
            <Button onClick={save}>Save as TSV</Button>
          </div>
          {view === "coloured" && <Heat key={grain} units={units} />}
          {view === "table" && <UnitsTable key={grain} units={units} />}
          {view === "lines" && <LinesTable lines={scored.lines} />}
        </>
      )}
    </>
  );
}

function Choice<Name extends Grain | View>({
  title,
  names,
  value,
  onChange,
}: {
  readonly title: string;
  readonly names: readonly Name[];
  readonly value: Name;
  readonly onChange: (name: Name) => void;
}) {
  return (
    <label className={styles.choice}>
      {title}
      <select
        className={styles.select}
        value={value}
        onChange={({ target }) => names.filter((name) => name === target.value).forEach(onChange)}
      >
        {names.map((name) => (
          <option key={name} value={name}>
            {titles[name]}
          </option>
        ))}
      </select>
    </label>
  );
}

function Figures({ result, scored }: { readonly result: ScoreResponse; readonly scored: Scored }) {
  const { loss, perplexity, message, unknown_characters: unknown, text_restored: isRestored } = result;
  if (typeof message === "string" && loss === null) return <p>{capitalized(message)}.</p>;
  const characters = scored.units.character.length;
  const figures = [
    ["Loss", `${figure(loss)} nats per token`],
    ["Perplexity", figure(perplexity)],
    ["Bits per character", characters === 0 ? figure(null) : figure(scored.bits / characters)],
    ["All bits", figure(scored.bits)],
    ["Tokens", count(scored.units.token.length)],
    ["Characters", count(characters)],
  ] as const;
  return (
    <>
      <FigureList figures={figures} />
      {(unknown ?? 0) > 0 ? (
        <p>
          The tokenizer does not know {count(unknown)} {unknown === 1 ? "character" : "characters"} of this text: the
          model reads the same token for each.
        </p>
      ) : (
        isRestored === false && <p>The tokenizer changes this text: what is scored is what it makes of it.</p>
      )}
    </>
  );
}
