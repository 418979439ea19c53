import { Link } from "@tanstack/react-router";
import type { Compared } from "./compared.js";
import styles from "./compare.module.css";

/** The runs with their colours: hides their curves, brings them to the fore, takes them out. */
export function RunsLegend({
  runs,
  hidden,
  pinned,
  onHide,
  onPin,
  onRemove,
}: {
  readonly runs: readonly Compared[];
  readonly hidden: ReadonlySet<string>;
  readonly pinned: ReadonlySet<string>;
  readonly onHide: (id: string) => void;
  readonly onPin: (id: string) => void;
  readonly onRemove: (id: string) => void;
}) {
  return (
    <ul className={styles.legend} aria-label="Compared runs">
      {runs.map(({ id, color }) => (
        <li key={id} data-hidden={hidden.has(id)}>
          <RunMark color={color} />
          <Link to="/runs/$runId" params={{ runId: id }} title={id} dir="auto">
            {id}
          </Link>
          <button type="button" aria-pressed={pinned.has(id)} onClick={() => onPin(id)}>
            Pin<span className="visually-hidden"> {id}</span>
          </button>
          <button type="button" aria-pressed={hidden.has(id)} onClick={() => onHide(id)}>
            Hide<span className="visually-hidden"> {id}</span>
          </button>
          <button type="button" aria-label={`Take ${id} out`} title="Take it out" onClick={() => onRemove(id)}>
            <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** A run's colour. */
export const RunMark = ({ color }: { readonly color: string }) => (
  <span className={styles.mark} style={{ background: `var(${color})` }} />
);
