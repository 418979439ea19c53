/** The item that a key leads to from the one at `at` of a list, whose last is `last`; null for any other key. */
export function stepByKey(key: string, at: number, last: number): number | null {
  switch (key) {
    case "ArrowRight":
    case "ArrowDown":
      return Math.min(at + 1, last);
    case "ArrowLeft":
    case "ArrowUp":
      return Math.max(at - 1, 0);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}
