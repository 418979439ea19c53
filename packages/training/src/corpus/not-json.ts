import { parse, printParseErrorCode, type ParseError } from "jsonc-parser";

/** Position and kind of an error in JSON; nothing of the text itself, which V8's message quotes. */
export function notJson(text: string): string {
  const [first] = errorsIn(text);
  if (first === undefined) return "not JSON";
  const what = printParseErrorCode(first.error).replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `not JSON:${what} at character ${first.offset + 1}`;
}

function errorsIn(text: string): readonly ParseError[] {
  const errors: ParseError[] = [];
  try {
    parse(text, errors, { disallowComments: true });
  } catch {
    // Nested deeper than the stack is: the parser gives up before it has found anything.
  }
  return errors;
}
