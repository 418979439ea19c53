import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useEffect, useMemo, useRef, useState, type UIEvent } from "react";
import { logQuery } from "../../../api/run.js";
import { count } from "../../../parts/figures.js";
import { Empty, Failed, Loading } from "../../../parts/states.js";
import { levels, logLines, matching, timeOf, type Level, type LogLine } from "./log-lines.js";
import styles from "./log.module.css";

const LEAST = 500;
const MOST = 100_000;
/** How many lines are drawn at a time: more make a page slow. */
const DRAWN = 1000;

const titles: Readonly<Record<Level, string>> = { INFO: "All", WARNING: "Warnings and errors", ERROR: "Errors" };

/** The end of a run's log, as it grows. */
export function LogTab({ runId, live }: { readonly runId: string; readonly live: boolean }) {
  const [asked, setAsked] = useState(LEAST);
  const [level, setLevel] = useState<string>("INFO");
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search);
  const query = logQuery(runId, asked, live);
  const { data, error, refetch } = useQuery({ ...query, placeholderData: keepPreviousData });
  const lines = useMemo(() => logLines(data ?? ""), [data]);
  const found = useMemo(() => matching(lines, level, wanted), [lines, level, wanted]);
  if (data === undefined) {
    return error === null ? (
      <Loading what="the log" />
    ) : (
      <Failed what="The log cannot be read." error={error} retry={refetch} />
    );
  }
  if (lines.length === 0)
    return <Empty title="The log is empty">{live && <p>Its lines are here as they are written.</p>}</Empty>;
  const hasMore = lines.length >= asked && asked < MOST;
  return (
    <div className={styles.tab}>
      <div className={styles.controls}>
        <label>
          Show{" "}
          <select className={styles.input} value={level} onChange={({ target }) => setLevel(target.value)}>
            {levels.map((each) => (
              <option key={each} value={each}>
                {titles[each]}
              </option>
            ))}
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
          {found.length === lines.length
            ? `the last ${count(lines.length)} lines`
            : `${count(found.length)} of the last ${count(lines.length)} lines`}
        </span>
        {hasMore && (
          <button type="button" className={styles.input} onClick={() => setAsked(Math.min(asked * 10, MOST))}>
            Read further back
          </button>
        )}
      </div>
      <Lines lines={found.slice(-DRAWN)} left={Math.max(0, found.length - DRAWN)} />
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
