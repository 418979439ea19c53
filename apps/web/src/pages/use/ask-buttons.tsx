import type { ReactNode } from "react";
import { Button } from "../../parts/button.js";
import { isUnderWay, type Answer } from "./use-answer.js";
import styles from "./use.module.css";

/** Sends the form that asks a model, and stops its answer. */
export const AskButtons = ({
  title,
  canAsk,
  answer,
  stop,
  children,
}: {
  readonly title: string;
  readonly canAsk: boolean;
  readonly answer: Answer<unknown>;
  readonly stop: () => void;
  readonly children?: ReactNode;
}) => (
  <div className={styles.actions}>
    <Button type="submit" kind="primary" disabled={!canAsk || isUnderWay(answer)}>
      {title}
    </Button>
    <Button disabled={!isUnderWay(answer)} onClick={stop}>
      Stop
    </Button>
    {children}
  </div>
);
