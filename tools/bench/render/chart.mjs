// SPDX-License-Identifier: Apache-2.0
// The picture of a report: a dot for each row on a scale of ratios, in a line for each family or model.

const WIDTH = 720;
const LINE = 24;
const BOX = { left: 230, right: 690, top: 76 };
const COLOURS = { one: '#4c78a8', several: '#e45756' };
/** Ratios beyond are drawn at the border. */
const RANGE = [1 / 8, 8];
const TICKS = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8];

/** Families whose cases have a line each; the others share one. */
const EACH = /^(step|recurrent|decode)\//;

function lineOf({ case: name }) {
  if (EACH.test(name)) return name;
  return name
    .split('/')
    .slice(0, name.startsWith('js/') ? 2 : 1)
    .join('/');
}

/** On a logarithmic scale. */
function toX(ratio) {
  const [low, high] = RANGE.map(Math.log);
  const part = (Math.min(Math.max(Math.log(ratio), low), high) - low) / (high - low);
  return Math.round((BOX.left + part * (BOX.right - BOX.left)) * 10) / 10;
}

function text(x, y, content, anchor) {
  return `<text x="${x}" y="${y}" dy="0.35em" text-anchor="${anchor}">${content}</text>`;
}

function dot(x, y, colour) {
  return `<circle cx="${x}" cy="${y}" r="4.5" fill="${colour}" fill-opacity="0.6"/>`;
}

/** The picture as SVG; rows without a ratio are left out. */
export function chart(rows) {
  const drawn = rows.filter(({ ratio }) => ratio !== null);
  const lines = [...new Set(drawn.map(lineOf))];
  const bottom = BOX.top + lines.length * LINE;
  const toY = (line) => BOX.top + (lines.indexOf(line) + 0.5) * LINE;
  const colourOf = ({ threads }) => (threads === 1 ? COLOURS.one : COLOURS.several);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 36}" role="img" font-family="system-ui, sans-serif" font-size="13" fill="#444">`,
    '<title>Speed over that of the best peer</title>',
    '<rect width="100%" height="100%" fill="white"/>',
    text(16, 18, 'Speed over that of the best peer: right of 1 ours is ahead', 'start'),
    dot(22, 46, COLOURS.one),
    text(34, 46, 'one thread', 'start'),
    dot(132, 46, COLOURS.several),
    text(144, 46, 'several threads', 'start'),
    ...TICKS.map((tick) => {
      const style = tick === 1 ? 'stroke="#444"' : 'stroke="#ddd"';
      return `<line x1="${toX(tick)}" y1="${BOX.top}" x2="${toX(tick)}" y2="${bottom}" ${style}/>`;
    }),
    ...TICKS.map((tick) => text(toX(tick), bottom + 18, tick < 1 ? `1/${1 / tick}` : String(tick), 'middle')),
    ...lines.map((line) => text(BOX.left - 16, toY(line), line, 'end')),
    ...drawn.map((row) => dot(toX(row.ratio), toY(lineOf(row)), colourOf(row))),
    '</svg>\n',
  ].join('\n');
}
