import { useEffect, useRef, useState } from "react";
import styles from "./runs.module.css";

/** How long the reader must have stopped typing for the search to begin. */
const PAUSE_MS = 250;

/** Searches while the reader types; shows what the address has where that was changed otherwise. */
export function SearchBox({ q, onSearch }: { readonly q: string; readonly onSearch: (q: string) => void }) {
  const [text, setText] = useState(q);
  const [seen, setSeen] = useState(q); // in the address
  const [sent, setSent] = useState(q); // there, or on its way there
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  if (q !== seen) {
    setSeen(q);
    if (q !== sent) {
      setSent(q);
      setText(q);
    }
  }
  const search = (words: string) => {
    clearTimeout(timer.current);
    setSent(words);
    onSearch(words);
  };
  return (
    <form
      role="search"
      className={styles.search}
      onSubmit={(event) => {
        event.preventDefault();
        search(text);
      }}
    >
      <input
        type="search"
        className={styles.input}
        aria-label="Search runs by name, model, corpus or tag"
        placeholder="Search"
        dir="auto"
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => search(target.value), PAUSE_MS);
        }}
      />
    </form>
  );
}
