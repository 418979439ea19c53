import { Help } from "commander";

const BELOW = "      ";

/** An item of a help text: the description beside the term, or below where a narrow terminal leaves no room. */
export function formatItem(term: string, termWidth: number, description: string, helper: Help): string {
  const { helpWidth: width = 80 } = helper;
  const beside = new Help().formatItem.call(helper, term, termWidth, description, helper);
  const longest = Math.max(helper.minWidthToWrap, ...description.split(/\s+/u).map((word) => word.length));
  if (description === "" || width - termWidth - 4 >= longest) return beside;
  const lines = helper.boxWrap(description, Math.max(helper.minWidthToWrap, width - BELOW.length));
  return `  ${term}\n${BELOW}${lines.replaceAll("\n", `\n${BELOW}`)}`;
}
