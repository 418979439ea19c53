import { Popover } from "radix-ui";
import button from "../../parts/button.module.css";
import { columns } from "./columns.js";
import styles from "./runs.module.css";

/** Chooses which columns are shown. */
export const ColumnChooser = ({
  hidden,
  onShow,
}: {
  readonly hidden: ReadonlySet<string>;
  readonly onShow: (id: string, isShown: boolean) => void;
}) => (
  <Popover.Root>
    <Popover.Trigger className={button.button}>Columns</Popover.Trigger>
    <Popover.Portal>
      <Popover.Content className={styles.popover} align="end" sideOffset={4} collisionPadding={8} aria-label="Columns">
        <fieldset className={styles.checks}>
          <legend>Columns that are shown</legend>
          {columns.map(({ id, title }) => (
            <label key={id} className={styles.check}>
              <input type="checkbox" checked={!hidden.has(id)} onChange={({ target }) => onShow(id, target.checked)} />
              {title}
            </label>
          ))}
        </fieldset>
      </Popover.Content>
    </Popover.Portal>
  </Popover.Root>
);
