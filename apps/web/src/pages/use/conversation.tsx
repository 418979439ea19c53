import type { ChatTurn } from "@trainer/platform/browser";
import { useEffect, useRef } from "react";
import { CopyButton } from "../../parts/copy-button.js";
import styles from "./chat.module.css";

/** A turn that is no part of the conversation yet. */
export interface Pending {
  readonly message: string;
  /** What was answered so far. */
  readonly text: string;
  readonly isUnderWay: boolean;
}

/** What was said, and what is being said. */
export function Conversation({
  turns,
  pending,
}: {
  readonly turns: readonly ChatTurn[];
  readonly pending: Pending | null;
}) {
  const end = useRef<HTMLLIElement>(null);
  const said = turns.length;
  const written = pending?.text.length ?? 0;
  useEffect(() => {
    if (said + written > 0) end.current?.scrollIntoView({ block: "nearest" });
  }, [said, written]);
  if (said === 0 && pending === null) return <p className={styles.quiet}>Nothing was said yet.</p>;
  return (
    <>
      <ol className={styles.turns} aria-label="What was said" aria-busy={pending?.isUnderWay ?? false}>
        {turns.map(({ role, content }, i) => (
          // oxlint-disable-next-line react/no-array-index-key -- turns only follow one another
          <Turn key={i} role={role} content={content} />
        ))}
        {pending !== null && <Turn role="user" content={pending.message} />}
        {pending !== null && pending.text !== "" && (
          <Turn role="assistant" content={pending.text} isUnderWay={pending.isUnderWay} />
        )}
        <li ref={end} aria-hidden="true" />
      </ol>
      <p role="status" className="visually-hidden">
        {pending === null && "The model has answered."}
      </p>
    </>
  );
}

function Turn({
  role,
  content,
  isUnderWay = false,
}: ChatTurn & {
  readonly isUnderWay?: boolean;
}) {
  const isOwn = role === "user";
  return (
    <li className={isOwn ? styles.own : styles.model}>
      <div className={styles.head}>
        <span>{isOwn ? "You" : "Model"}</span>
        {!isOwn && !isUnderWay && content !== "" && <CopyButton text={content} what="the answer" />}
      </div>
      <p className={styles.said} dir="auto">
        {content === "" ? <i>(nothing)</i> : content}
      </p>
    </li>
  );
}
