import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { CorpusReport as Report } from "@trainer/platform/browser";
import { useMemo } from "react";
import { corpusQuery, type Reading } from "../../api/corpora.js";
import { bytes, count } from "../../parts/figures.js";
import { Failed } from "../../parts/states.js";
import { useSettled } from "../../parts/use-settled.js";
import styles from "./corpus.module.css";
import { Facts } from "./facts.js";

/** How long somebody who writes is waited for, before a text is read anew. */
const WAIT_MS = 500;

/** What is in a text: figures, scripts, and its first documents as a training has them. */
export function CorpusReport({ name, reading }: { readonly name: string; readonly reading: Reading }) {
  const { document, document_separator, text_field } = reading;
  const settled = useSettled(
    useMemo(() => ({ document, document_separator, text_field }), [document, document_separator, text_field]),
    WAIT_MS,
  );
  const { data, error, refetch, isFetching } = useQuery({
    ...corpusQuery(name, settled),
    placeholderData: keepPreviousData,
  });
  if (data === undefined && error !== null)
    return <Failed what="The text cannot be looked into." error={error} retry={refetch} />;
  if (data === undefined) return <p className={styles.help}>Looking into {name} …</p>;
  return (
    <div className={styles.report} aria-busy={isFetching}>
      <Facts facts={factsOf(data)} />
      {data.left_out.map((sentence) => (
        <p key={sentence} className={styles.warned}>
          {sentence}
        </p>
      ))}
      <h3>The first documents, as they are trained on</h3>
      <ol className={styles.documents} tabIndex={0} aria-label="The first documents">
        {data.preview.map(({ text, cut }, i) => (
          <li key={`${i} ${text}`} className={styles.document} dir="auto">
            {text}
            {cut && <span className={styles.help}> …</span>}
          </li>
        ))}
      </ol>
    </div>
  );
}

const SCRIPTS = 4;

function factsOf(report: Report): (readonly [string, string])[] {
  const about = report.duplicates_exact ? "" : "about ";
  const scripts = report.scripts.slice(0, SCRIPTS).map(({ script, share }) => `${script} ${shareOf(share)}`);
  return [
    ["Size", `${bytes(report.bytes)}${report.files > 1 ? ` in ${count(report.files)} files` : ""}`],
    ...(report.sampled ? [["Looked into", "its start alone: the figures below are of that"] as const] : []),
    ["Documents", `${count(report.documents)}${repeated("", report.duplicate_documents_share)}`],
    ["Lines", `${count(report.lines)}${repeated(about, report.duplicate_lines_share)}`],
    ["Longest line", `${count(report.longest_line.characters)} characters`],
    ["Characters", count(report.characters)],
    ...(report.invalid_characters === 0
      ? []
      : [["Unreadable", `${count(report.invalid_characters)} characters that are no UTF-8`] as const]),
    ["Scripts", scripts.join(", ") || "none"],
  ];
}

const repeated = (about: string, share: number): string =>
  share === 0 ? "" : `, ${about}${shareOf(share)} of them a repetition`;

const shareOf = (share: number): string => {
  const percent = share * 100;
  return percent < 1 ? "less than 1 %" : `${Math.round(percent)} %`;
};
