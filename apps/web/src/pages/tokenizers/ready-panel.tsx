import type { TokenizerInfo } from "@trainer/platform/browser";
import { useState, type ReactNode } from "react";
import { Button } from "../../parts/button.js";
import { Panel } from "../../parts/panel.js";
import styles from "./tokenizers.module.css";

/** A panel that is opened on demand, about the tokenizers that are ready; none where there is none. */
export function ReadyPanel({
  tokenizers,
  title,
  open,
  about,
  children,
}: {
  readonly tokenizers: readonly TokenizerInfo[];
  readonly title: string;
  /** Words of the button that opens it. */
  readonly open: string;
  readonly about: string;
  /** What it holds, by the ids of those tokenizers. */
  readonly children: (ids: readonly string[], newest: string) => ReactNode;
}) {
  const [isOpen, setOpen] = useState(false);
  const ready = tokenizers.flatMap(({ status, tokenizer_id: id }) => (status === "completed" ? [id] : []));
  const [newest] = ready;
  if (newest === undefined) return null;
  return (
    <Panel
      title={title}
      actions={
        <Button aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Close" : open}
        </Button>
      }
    >
      <p className={styles.quiet}>{about}</p>
      {isOpen && children(ready, newest)}
    </Panel>
  );
}
