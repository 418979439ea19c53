import { background } from "@trainer/platform/browser";
import { useEffect, useState } from "react";
import { Button } from "./button.js";

/** How long it is said what became of a copy. */
const SAID_MS = 2500;

/** Copies a text; `what` names it for those who do not see what stands beside. */
export function CopyButton({ text, what, title = "Copy" }: CopyButtonProps) {
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => setSaid(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => setSaid((await isCopied(text)) ? "Copied" : "Not copied: select the text instead");
  return (
    <>
      <Button
        onClick={() => background(copy(), reportError)}
        aria-label={said === null ? `${title} ${what}` : undefined}
      >
        {said ?? title}
      </Button>
      <span role="status" className="visually-hidden">
        {said}
      </span>
    </>
  );
}

interface CopyButtonProps {
  readonly text: string;
  readonly what: string;
  readonly title?: string;
}

/** Browsers let only pages copy that are of this machine or come by https. */
async function isCopied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
