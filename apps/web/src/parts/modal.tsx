import { Dialog } from "radix-ui";
import type { ReactNode } from "react";
import styles from "./dialog.module.css";

/**
 * A dialog before which the page waits. The shade behind it is not Radix's: that one locks scrolling by a style element,
 * which the pages' security policy refuses.
 */
export const Modal = ({
  title,
  close,
  children,
}: {
  readonly title: string;
  readonly close: () => void;
  readonly children: ReactNode;
}) => (
  <Dialog.Root open onOpenChange={close}>
    <Dialog.Portal>
      <div className={styles.overlay} />
      <Dialog.Content className={styles.content} aria-describedby={undefined}>
        <Dialog.Title>{title}</Dialog.Title>
        {children}
      </Dialog.Content>
    </Dialog.Portal>
  </Dialog.Root>
);
