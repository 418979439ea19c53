import type { Turn } from "../corpus/conversation.js";

/** Tokens around each turn of a conversation in ChatML, special ones of a tokenizer that is to write it. */
export const CHATML_TOKENS = ["<|im_start|>", "<|im_end|>"] as const;

/** Chat template for a tokenizer with these tokens that has none of its own. */
export const CHATML = `{%- for message in messages -%}
  {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|im_start|>assistant\\n' -}}
{%- endif -%}
`;

/** The same for a tokenizer without these tokens: a line a turn, and the end of a text behind each answer. */
export const LINES = `{%- for message in messages -%}
  {{- message.role | capitalize + ': ' + message.content -}}
  {{- (eos_token if message.role == 'assistant' else '') + '\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- 'Assistant:' -}}
{%- endif -%}
`;

/** A turn in ChatML and as a line, special tokens left out: what a tokenizer for them learns from. */
export const turnInChatml = ({ role, content }: Turn): string => `${role}\n${content}`;
export const turnInLines = ({ role, content }: Turn): string =>
  `${role.charAt(0).toUpperCase()}${role.slice(1)}: ${content}\n`;
