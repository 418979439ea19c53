import type { Curve } from "./curves.js";

const HEAD = 48;

/** A drawn chart as a picture, with its title and legend above. @throws Error where the browser gives none */
export async function pngOf(
  chart: HTMLCanvasElement,
  {
    title,
    curves,
    color,
    ratio,
  }: {
    readonly title: string;
    readonly curves: readonly Curve[];
    readonly color: (variable: string) => string;
    /** Pixels of the canvas to a CSS pixel. */
    readonly ratio: number;
  },
): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = chart.width;
  canvas.height = chart.height + HEAD * ratio;
  const ctx = canvas.getContext("2d");
  if (ctx === null) throw new Error("This browser cannot make a picture of the chart.");
  ctx.fillStyle = color("--surface");
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.drawImage(chart, 0, HEAD * ratio);
  ctx.scale(ratio, ratio);
  ctx.font = "600 15px system-ui, sans-serif";
  ctx.fillStyle = color("--text");
  ctx.fillText(title, 12, 20);
  ctx.font = "12px system-ui, sans-serif";
  let x = 12;
  for (const { label, color: of, isHidden } of curves) {
    if (isHidden === true) continue;
    ctx.fillStyle = color(of);
    ctx.fillRect(x, 31, 10, 10);
    ctx.fillStyle = color("--text-2");
    ctx.fillText(label, x + 14, 40);
    x += 34 + ctx.measureText(label).width;
  }
  return await new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error("This browser cannot make a picture of the chart."));
      else resolve(blob);
    });
  });
}
