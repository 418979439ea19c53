import { useState } from "react";
import { z } from "zod";

const NAME = "trainer.runs.hidden";
const Hidden = z.array(z.string()).catch([]);

/** Columns that were put away in this browser: one that is new is shown. */
function storedHidden(): readonly string[] {
  try {
    return Hidden.parse(JSON.parse(localStorage.getItem(NAME) ?? "[]"));
  } catch {
    return [];
  }
}

function storeHidden(hidden: readonly string[]): void {
  try {
    localStorage.setItem(NAME, JSON.stringify(hidden));
  } catch {
    // they stay away as long as the page lasts
  }
}

/** Ids of the columns that are not shown, and what shows one or puts it away. */
export function useHiddenColumns(): readonly [ReadonlySet<string>, (id: string, isShown: boolean) => void] {
  const [hidden, setHidden] = useState(storedHidden);
  const show = (id: string, isShown: boolean) => {
    const others = hidden.filter((each) => each !== id);
    const next = isShown ? others : [...others, id];
    setHidden(next);
    storeHidden(next);
  };
  return [new Set(hidden), show];
}
