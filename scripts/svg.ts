/**
 * Line charts as SVG text, readable on light and dark pages.
 *
 * @module
 */

/** Several series over one x axis that starts at 0; all have as many values, evenly spread. */
export interface Plot {
  readonly title: string;
  readonly x: { readonly label: string; readonly max: number };
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
}

const [width, height] = [720, 300];
const box = { left: 56, top: 56, right: width - 16, bottom: height - 44 };
const colours = ["#d1495b", "#2a9d8f", "#8d99ae"];

/** Draws a plot. */
export function drawPlot({ title, x, series }: Plot): string {
  const top = roundUp(Math.max(...series.flatMap(({ values }) => values)));
  const atX = (share: number): number => box.left + share * (box.right - box.left);
  const atY = (value: number): number => box.bottom - (value / top) * (box.bottom - box.top);
  const quarters = [0, 0.25, 0.5, 0.75, 1];
  const grid = quarters.flatMap((share) => [
    `<line x1="${box.left}" x2="${box.right}" y1="${round(atY(share * top))}" y2="${round(atY(share * top))}" stroke="#8884"/>`,
    text(box.left - 8, atY(share * top) + 4, "end", (share * top).toLocaleString("en")),
    text(atX(share), box.bottom + 18, "middle", (share * x.max).toLocaleString("en")),
  ]);
  const lines = series.flatMap(({ name, values }, index) => {
    const colour = colours[index % colours.length] ?? "#888";
    const points = values.map((value, at) => `${round(atX((at + 0.5) / values.length))},${round(atY(value))}`);
    const legend = text(box.left + index * 180, 42, "start", name, colour);
    return [`<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`, legend];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    text(box.left, 22, "start", title),
    ...grid,
    text((box.left + box.right) / 2, height - 8, "middle", x.label),
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}

function text(x: number, y: number, anchor: "start" | "middle" | "end", content: string, colour = "#888"): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${colour}">${content}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The next number that divides well by four. */
function roundUp(value: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1) * 4;
  return Math.ceil(value / step) * step;
}
