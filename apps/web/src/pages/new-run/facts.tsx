import { Fragment } from "react";
import styles from "./new-run.module.css";

/** Names with what they are now. */
export const Facts = ({ facts }: { readonly facts: readonly (readonly [name: string, value: string])[] }) => (
  <dl className={styles.facts}>
    {facts.map(([name, value]) => (
      <Fragment key={name}>
        <dt>{name}</dt>
        <dd dir="auto" title={value}>
          {value}
        </dd>
      </Fragment>
    ))}
  </dl>
);
