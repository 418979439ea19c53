import { useQuery } from "@tanstack/react-query";
import { ApiError } from "../../api/ask.js";
import { problemQuery } from "../../api/system.js";
import { Badge } from "../../parts/badge.js";
import { Panel } from "../../parts/panel.js";
import { Failed, Loading } from "../../parts/states.js";
import { servicesBy } from "./services.js";
import styles from "./system.module.css";

/** How the parts of the service are, looked at again and again. */
export function ServicesPanel() {
  const { data, error, isPending, refetch } = useQuery(problemQuery);
  const isAway = error instanceof ApiError && error.isUnreachable;
  return (
    <Panel title="Services">
      {isPending && <Loading what="how the services are" />}
      {error !== null && !isAway && (
        <Failed what="It is not known how the services are." error={error} retry={refetch} />
      )}
      {(isAway || (error === null && data !== undefined)) && (
        <ul className={styles.services}>
          {servicesBy(isAway ? undefined : data).map(({ name, tone, state, help }) => (
            <li key={name} className={styles.service}>
              <span>
                <strong>{name}</strong>
                <span className={styles.help}>{help}</span>
              </span>
              <Badge tone={tone}>{state}</Badge>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
