import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { Button } from "../parts/button.js";
import dialog from "../parts/dialog.module.css";
import { Modal } from "../parts/modal.js";
import { navigation } from "./navigation.js";
import styles from "./shell.module.css";

/** After how long a `g` is forgotten. */
const PREFIX_MS = 1500;

/** The keys that work on every page, and their list: `?` opens it. */
export function Shortcuts() {
  const [isOpen, setIsOpen] = useState(false);
  useKeys(() => setIsOpen(true));
  return (
    <>
      <button
        type="button"
        className={styles.quiet}
        aria-label="Keyboard shortcuts"
        aria-haspopup="dialog"
        onClick={() => setIsOpen(true)}
      >
        ?
      </button>
      {isOpen && (
        <Modal title="Keyboard shortcuts" close={() => setIsOpen(false)}>
          <dl className={styles.keys}>
            {navigation.map(({ to, title, key }) => (
              <KeyLine key={to} keys={["g", key]} does={`open ${title}`} />
            ))}
            <KeyLine keys={["/"]} does="search on this page" />
            <KeyLine keys={["?"]} does="show this list" />
            <KeyLine keys={["Esc"]} does="close" />
          </dl>
          <Button className={dialog.close} onClick={() => setIsOpen(false)}>
            Close
          </Button>
        </Modal>
      )}
    </>
  );
}

const KeyLine = ({ keys, does }: { readonly keys: readonly string[]; readonly does: string }) => (
  <>
    <dt>
      {keys.map((each) => (
        <kbd key={each}>{each}</kbd>
      ))}
    </dt>
    <dd>{does}</dd>
  </>
);

function useKeys(showList: () => void): void {
  const navigate = useNavigate();
  const prefixed = useRef(-Infinity); // the clock is at 0 where a page opens
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const isPrefixed = performance.now() - prefixed.current < PREFIX_MS;
      prefixed.current = event.key === "g" ? performance.now() : -Infinity;
      const page = isPrefixed ? navigation.find(({ key }) => key === event.key) : undefined;
      if (page !== undefined) navigate({ to: page.to }).catch(reportError);
      else if (event.key === "?") showList();
      else if (event.key === "/") focusSearch();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  });
}

const focusSearch = (): void => {
  const search = document.querySelector("main input[type=search]");
  if (search instanceof HTMLElement) search.focus();
};

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches("input, select, textarea"));
