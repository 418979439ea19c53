import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState, type UIEvent } from "react";
import { logQuery } from "../../../api/run.js";
import { count } from "../../../parts/figures.js";
import { Empty, Unread } from "../../../parts/states.js";
import { useSettled } from "../../../parts/use-settled.js";
import { logLines, timeOf, type LogLine } from "./log-lines.js";
import styles from "./log.module.css";

const SETTLED_MS = 200;
const LEAST = 500;
const MOST = 100_000;
/** How many lines are drawn at a time: more make a page slow. */
const DRAWN = 1000;

/** The end of a run's log, as it grows. */
export function LogTab({ runId, live }: { readonly runId: string; readonly live: boolean }) {
  const [asked, setAsked] = useState(LEAST);
  const [level, setLevel] = useState("");
  const [search, setSearch] = useState("");
  const q = useSettled(search.trim(), SETTLED_MS);
  const query = logQuery(runId, { tail: asked, level, q }, live);
  const read = useQuery({ ...query, placeholderData: keepPreviousData });
  const { data } = read;
  const lines = useMemo(() => logLines(data ?? ""), [data]);
  const isFiltered = level !== "" || q !== "";
  if (data === undefined) return <Unread what="the log" query={read} />;
  if (lines.length === 0 && !isFiltered)
    return <Empty title="The log is empty">{live && <p>Its lines are here as they are written.</p>}</Empty>;
  const hasMore = lines.length >= asked && asked < MOST;
  return (
    <div className={styles.tab}>
      <div className={styles.controls}>
        <label>
          Show{" "}
          <select className={styles.input} value={level} onChange={({ target }) => setLevel(target.value)}>
            <option value="">All</option>
            <option value="WARNING">Warnings and errors</option>
            <option value="ERROR">Errors</option>
          </select>
        </label>
        <label>
          Search{" "}
          <input
            className={styles.input}
            type="search"
            value={search}
            onChange={({ target }) => setSearch(target.value)}
          />
        </label>
        <span className={styles.quiet}>
          {isFiltered ? `the last ${count(lines.length)} lines that match` : `the last ${count(lines.length)} lines`}
        </span>
        {hasMore && (
          <button type="button" className={styles.input} onClick={() => setAsked(Math.min(asked * 10, MOST))}>
            Read further back
          </button>
        )}
      </div>
      <Lines lines={lines.slice(-DRAWN)} left={Math.max(0, lines.length - DRAWN)} />
    </div>
  );
}

function Lines({ lines, left }: { readonly lines: readonly LogLine[]; readonly left: number }) {
  const atEnd = useAtEnd(lines);
  return (
    <div className={styles.lines} role="region" aria-label="Lines of the log" tabIndex={0} {...atEnd}>
      {lines.length === 0 && <p className={styles.none}>No line has that.</p>}
      {left > 0 && <p className={styles.none}>{count(left)} earlier lines are not drawn: search for what you need.</p>}
      <ol>
        {lines.map((line) => (
          <li key={line.id} data-level={line.level}>
            <time>{timeOf(line.time)}</time>
            <span className={styles.message} dir="auto">
              {line.level !== "INFO" && <strong>{line.level.toLowerCase()}: </strong>}
              {line.message}
              {line.details.map((detail) => (
                <span key={detail} className={styles.detail}>
                  {detail}
                </span>
              ))}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** Keeps a scrolled region at its end while it grows, unless the reader has scrolled up. */
function useAtEnd(content: unknown) {
  const region = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const onScroll = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }: UIEvent) => {
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
  };
  useEffect(() => {
    if (isAtEnd.current) region.current?.scrollTo({ top: region.current.scrollHeight });
  }, [content]);
  return { ref: region, onScroll };
}

/** In CSS pixels. */
const NEAR_END = 40;
