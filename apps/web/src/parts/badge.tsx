import type { ReactNode } from "react";
import styles from "./badge.module.css";

export type Tone = "quiet" | "busy" | "good" | "warn" | "bad";

/** A state in a word, with a mark of its colour. */
export const Badge = ({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) => (
  <span className={`${styles.badge} ${styles[tone]}`}>{children}</span>
);
