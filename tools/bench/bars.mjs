// SPDX-License-Identifier: Apache-2.0
// What must be reached, as a table, and whether a row reaches it.

/** The figures of a row that are held to a bar: whether that is the least or the most that they may be. */
const FIGURES = {
  ratio: { of: ({ ratio }) => ratio, least: true, words: 'times the speed of the best peer' },
  kernelRatio: {
    of: ({ kernelRatio }) => kernelRatio,
    least: true,
    words: 'times the speed of the best peer, called from C++ like them',
  },
  ofLimit: { of: ({ ofLimit }) => ofLimit, least: true, words: 'of what memory, or arithmetic, can do' },
  slowdown: { of: ({ slowdown }) => slowdown?.ours, least: false, words: 'times as slow beside a busy process' },
  memory: { of: memoryRatio, least: false, words: 'times the peak memory of the best peer' },
};

/** Ours over the least of the peers. */
export function memoryRatio({ memory }) {
  const others = Object.values(memory?.peers ?? {});
  return others.length === 0 ? undefined : memory.ours / Math.min(...others);
}

const BARS = [
  { title: 'matrix products', cases: /^gemm\//, figure: 'ratio', bar: 0.95 },
  { title: 'matrix products, kernels alone', cases: /^gemm\//, figure: 'kernelRatio', bar: 0.95 },
  { title: 'in bf16 over float32, 512³ and above', cases: /^gemm-bf16\/(512|1024)x/, figure: 'ratio', bar: 1.6 },
  { title: 'in bf16 over float32, small', cases: /^gemm-bf16\/(64|256)x/, figure: 'ratio', bar: 0.95 },
  { title: 'in bf16 over float32, weight kept', cases: /^gemm-bf16\/(1|8|32)x/, figure: 'ratio', bar: 1.6 },
  { title: 'convolutions', cases: /^conv\//, figure: 'ratio', bar: 0.9 },
  { title: 'attention', cases: /^attention\//, figure: 'ratio', bar: 1.5 },
  { title: 'step of the smallest network', cases: /^step\/fnn_seed/, figure: 'ratio', bar: 3 },
  { title: 'training steps', cases: /^(recurrent|step)\/(?!fnn_seed)/, figure: 'ratio', bar: 1.5 },
  { title: 'training steps', cases: /^(recurrent|step)\//, figure: 'memory', bar: 1 },
  { title: 'what memory bounds', cases: /^bandwidth\//, figure: 'ofLimit', bar: 0.8 },
  { title: 'decoding', cases: /^decode\//, figure: 'ofLimit', bar: 0.8 },
  { title: 'decoding in bf16, over reading float32', cases: /^decode-bf16\//, figure: 'ofLimit', bar: 1.6 },
  { title: 'a published encoder', cases: /^published\/minilm/, figure: 'ofLimit', bar: 0.7 },
  { title: 'the first token after a prompt', cases: /^published\/.*prompt/, figure: 'ratio', bar: 1.2 },
  { title: 'every kind of case', cases: /^busy\//, figure: 'slowdown', bar: 2.5 },
  { title: 'in TypeScript, 256³ and above', cases: /^js\/gemm\/(256|512)x/, figure: 'ratio', bar: 3 },
  { title: 'in TypeScript, convolutions', cases: /^js\/conv\//, figure: 'ratio', bar: 3 },
].map((bar) => ({ ...bar, ...FIGURES[bar.figure] }));

/** What came of a bar: undefined for a row that is not held to it, or where nobody was here to compare with. */
function held({ cases, of, least, bar }, row) {
  const value = cases.test(row.case) ? of(row) : undefined;
  return value === undefined || value === null ? undefined : { value, met: least ? value >= bar : value <= bar };
}

/** Whether a figure of a row reaches its bar: `met`, `short`, or nothing where there is no bar. */
export function verdict(row, figure) {
  const results = BARS.filter((bar) => bar.figure === figure).map((bar) => held(bar, row));
  const [result] = results.filter((one) => one !== undefined);
  if (result === undefined) return '';
  return result.met ? 'met' : 'short';
}

/** Whether any figure of a row misses its bar. */
export function isShort(row) {
  return Object.keys(FIGURES).some((figure) => verdict(row, figure) === 'short');
}

/** Every bar with the `values` that rows reached, and how many of them `met` it. */
export function summarize(rows) {
  return BARS.map((bar) => {
    const results = rows.map((row) => held(bar, row)).filter((result) => result !== undefined);
    return { ...bar, values: results.map(({ value }) => value), met: results.filter(({ met }) => met).length };
  });
}
