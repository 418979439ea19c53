import { useState } from "react";
import { Button } from "../../parts/button.js";
import { count } from "../../parts/figures.js";
import { Heads, Table } from "../../parts/table.js";
import { textOf } from "./heat-text.js";
import { chance, short } from "./heat.js";
import type { Line, Unit } from "./score-units.js";
import styles from "./score.module.css";

/** Rows that are shown at first, and with each "more". */
const PAGE = 200;

export function UnitsTable({ units }: { readonly units: readonly Unit[] }) {
  const [rows, more] = usePages(units);
  return (
    <>
      <Table label="Parts of the text with their surprisal">
        <Heads of={["Place", "Text", "Bits", "Likeliest here"]} />
        <tbody>
          {rows.map(({ text, name, offset, bits, expected }, i) => (
            // oxlint-disable-next-line react/no-array-index-key -- a part is its place
            <tr key={i}>
              <td data-number>{count(offset + 1)}</td>
              <th scope="row">
                <bdi className={styles.token}>{name ?? (text === "" ? "–" : textOf(text))}</bdi>
              </th>
              <td data-number>{short(bits)}</td>
              <td>
                {expected.map(([each, probability], j) => (
                  // oxlint-disable-next-line react/no-array-index-key -- several tokens can have one text
                  <span key={j} className={styles.pair}>
                    <bdi className={styles.token}>{textOf(each)}</bdi> {chance(probability)}
                  </span>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {more}
    </>
  );
}

export function LinesTable({ lines }: { readonly lines: readonly Line[] }) {
  const [rows, more] = usePages(lines);
  return (
    <>
      <Table label="Lines of the text with their surprisal">
        <Heads of={["Line", "Characters", "Bits", "Bits per character", "Text"]} />
        <tbody>
          {rows.map(({ number, characters, bits, text }) => (
            <tr key={number}>
              <th scope="row" data-number>
                {count(number)}
              </th>
              <td data-number>{count(characters)}</td>
              <td data-number>{short(bits)}</td>
              <td data-number>{short(bits / characters)}</td>
              <td className={styles.lineText} title={text} dir="auto">
                {text}
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {more}
    </>
  );
}

function usePages<T>(all: readonly T[]) {
  const [shown, setShown] = useState(PAGE);
  const rows = all.slice(0, shown);
  const more = rows.length < all.length && (
    <p className={styles.more}>
      <Button onClick={() => setShown(shown + PAGE)}>Show more</Button> {count(rows.length)} of {count(all.length)} are
      shown; the file has them all.
    </p>
  );
  return [rows, more] as const;
}
