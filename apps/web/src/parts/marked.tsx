/** A sentence in which `names` stand between backticks, as options are described. */
export const Marked = ({ text }: { readonly text: string }) =>
  text.split("`").map((part, i) => (i % 2 === 0 ? part : <code key={`${i} ${part}`}>{part}</code>));
