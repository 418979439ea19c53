import type { ComponentProps } from "react";
import styles from "./button.module.css";

type Kind = "plain" | "primary" | "danger";

/** A button; `isBusy` while what it began has not ended. */
export function Button({
  kind = "plain",
  isBusy = false,
  disabled = false,
  className = "",
  ...rest
}: ComponentProps<"button"> & { readonly kind?: Kind; readonly isBusy?: boolean }) {
  return (
    <button
      type="button"
      {...rest}
      className={`${styles.button} ${styles[kind]} ${className}`}
      disabled={disabled || isBusy}
      aria-busy={isBusy}
    />
  );
}
