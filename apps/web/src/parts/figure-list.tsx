import styles from "./figure-list.module.css";

/** Figures side by side, each below its name. */
export const FigureList = ({ figures }: { readonly figures: readonly (readonly [name: string, value: string])[] }) => (
  <dl className={styles.figures}>
    {figures.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);
