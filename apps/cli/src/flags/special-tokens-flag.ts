/** How every command that reads text describes --special-tokens. */
export const SPECIAL_TOKENS = "let special tokens spelled out in the text be these tokens";
