/** The pages that stand in the bar at the top, with the key that opens each after `g`. */
export const navigation = [
  { to: "/runs", title: "Runs", key: "r" },
  { to: "/new-run", title: "New run", key: "n" },
  { to: "/tokenizers", title: "Tokenizers", key: "t" },
  { to: "/use", title: "Use", key: "u" },
  { to: "/system", title: "System", key: "s" },
] as const;
