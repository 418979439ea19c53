import { familyInfo } from "@trainer/models/capabilities";
import type { Settings } from "./settings.js";

/** Choice of a model's dimensions. */
export interface Shape {
  readonly modelSize: string;
  readonly modelConfig: Settings;
}

/** Widths that are tried, and the layers of each: four are enough for the narrow ones, which would be slow with more. */
const LADDER = [
  [64, 2],
  [96, 3],
  [128, 4],
  [192, 4],
  [256, 6],
  [320, 6],
  [384, 6],
  [512, 8],
  [640, 10],
  [768, 12],
  [1024, 16],
] as const;

const DIMENSIONS: Readonly<Record<string, (width: number, layers: number) => Settings>> = {
  gpt2: (width, layers) => ({
    nLayer: layers,
    nEmbd: width,
    nHead: headsOf(width),
    embdPdrop: 0,
    attnPdrop: 0,
    residPdrop: 0,
  }),
  llama: decoder,
  qwen: decoder,
};

function decoder(width: number, layers: number) {
  return {
    hiddenSize: width,
    intermediateSize: 32 * Math.round((8 * width) / 3 / 32), // as many weights as a feed-forward layer of 4 widths
    numHiddenLayers: layers,
    numAttentionHeads: headsOf(width),
    numKeyValueHeads: headsOf(width),
    tieWordEmbeddings: true,
  };
}

const headsOf = (width: number): number => width / (width < 384 ? 32 : 64);

/** The models of a family that a plan chooses from: its own sizes where it is none of ours. */
export function shapesOf(family: string): readonly Shape[] {
  const dimensions = DIMENSIONS[family];
  if (dimensions === undefined)
    return Object.keys(familyInfo(family)?.sizes ?? {}).map((modelSize) => ({ modelSize, modelConfig: {} }));
  return LADDER.map(([width, layers]) => ({ modelSize: "tiny", modelConfig: dimensions(width, layers) }));
}
