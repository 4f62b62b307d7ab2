// SPDX-License-Identifier: Apache-2.0
// The page docs/benchmarks.md: how to run it, what was measured, what must be reached.

import { join } from 'node:path';

import { root } from '../../stage.mjs';
import { isShort, memoryRatio, summarize, verdict } from '../bars.mjs';
import { chart } from './chart.mjs';
import { digits } from './line.mjs';

export const PAGE = join(root, 'docs/benchmarks.md');
export const CHART = join(root, 'docs/images/benchmarks.svg');

const HEAD = `# Benchmarks

Written by \`npm run bench\`, which races Nabla against PyTorch, OpenBLAS, oneDNN, onnxruntime and tfjs: whichever of them are installed.
Ratios are speeds: above 1 we are ahead of the best peer. What falls short of its bar is named as such.

![Ratio of every case, above 1 where ours is ahead of the best peer](images/benchmarks.svg)

## On your own machine

\`\`\`bash
npm run setup && npm run bench -- --json rows.json   # all cases, half an hour; --only 'step/' takes a part, --list names them
npm run bench -- --render rows.json                  # writes this page and its picture; several files are joined
\`\`\`

Every peer is optional, and the first lines say which are absent and why:

\`\`\`bash
sudo apt-get install python3-torch libopenblas-dev libdnnl-dev   # PyTorch, OpenBLAS, oneDNN; on Debian
ONNXRUNTIME_NODE_INSTALL=skip npm install --no-save onnxruntime-node@1.30.0 @tensorflow/tfjs-backend-wasm@4.22.0
\`\`\`

tfjs-backend-cpu is here already. npm removes what an earlier \`--no-save\` installed, so both come in one command; \`skip\` leaves out
ONNX Runtime's CUDA libraries. Nothing of it is a dependency of Nabla: \`--no-save\` leaves package.json and package-lock.json as they are.

A row of the file: \`case\`, \`threads\`, \`unit\`, \`ours\`, \`peers\` by name, \`ratio\`; where they apply \`kernel\` and \`kernelRatio\` (our kernel
called from C++, as those of OpenBLAS and oneDNN are; \`ours\` includes JavaScript), \`limit\` and \`ofLimit\` (memory can do no
more, or arithmetic; the part of it that is reached), \`alone\` and \`slowdown\` (beside a busy neighbour), \`memory\` (MiB at the peak),
\`profile\` of a row that misses its bar (each kernel's share of the time, and JavaScript's); \`run\`: date, machine, versions. What must be reached is the table in [bars.mjs](../tools/bench/bars.mjs).

## How noise is handled

- **Nobody is timed before all have computed the same.** Inputs are made by one formula in every language, bit for bit; results are
  compared by their norm and a weighted sum. A peer that computes something else is left out, and the run says so.
- **All are warm, and take turns.** Each runs for 0.3 s first, ours for 1 s: JavaScript is compiled after some thousand calls. Each contender runs for at least 10 ms, then the next one, until each has had its share and at least five turns (three
  where a run takes more than half a second). What else happens on the machine hits all of them. The figure is the median of the turns.
- **Only ratios of one run count.** Absolute figures depend on the machine, the hour and the neighbours.
- **Nobody pays for another's threads.** A peer is a process of its own; its idle threads sleep instead of spinning, and where several
  threads run, contenders rest 30 ms in between, and then run for 30 ms before they are timed: a virtual machine's idle processor comes
  back late.
- **Peers have their best case.** They choose their kernels themselves, where OpenBLAS 0.3.21 knows the processor (it takes a new one of
  Intel's for one of 2004, and is told what its next version would choose), oneDNN gets its weights in its own layout, and memory is kept
  instead of being given back to the system after each run.
- **The limit is measured right after each turn of ours**: a program in C++ that copies, updates or reads as many bytes as the case
  must, or multiplies and adds as often, in the way that measured fastest. \`of limit\` is the median over the rounds of the ratio within one.
- **The busy neighbour** is a process that computes without end while the clock runs, and is stopped for the turns without it.
- **Peak memory** is that of a process of its own that takes two steps, interpreter and libraries included.
`;

const FAMILIES = [
  ['step', 'Training steps', 'Loss, gradients and update; named after the shapes of their inputs.'],
  ['recurrent', 'Training steps of recurrent networks', 'Characters → embedding → one layer → logits, with Adam.'],
  ['attention', 'Attention, forward and backward', 'Eight heads of 64 features.'],
  [
    'decode',
    'Decoding',
    'A token of one text as `generateTokens` writes it, whole steps included, against one step of PyTorch with a cache of keys and values; float32 weights of the size of GPT-2.',
  ],
  [
    'decode-bf16',
    'Decoding with weights in bf16',
    'The same with matrices that are stored as bf16, against ours in float32. Limit: a read of the float32 weights.',
  ],
  [
    'published',
    'Published models',
    'MiniLM reads 32 sentences of 128 tokens: operations of its matrix products; limit: multiplying and adding in registers. GPT-2 reads a prompt.',
  ],
  [
    'gemm',
    'Matrix products',
    'Rows × inner length × columns; T: that operand is transposed. Ours is called from JavaScript; the kernel alone from C++, as the libraries are.',
  ],
  ['gemm-bf16', 'Matrix products in bf16', 'Against the same products in float32, both ours.'],
  [
    'conv',
    'Convolutions',
    'Forward, and alone the gradients by the data and by the weight; activations are channels last.',
  ],
  [
    'bandwidth',
    'What memory bounds',
    'Matrices as large as the largest cache, of 64 MiB at least. Limit: a copy of as many bytes; for adamW an update in place, for crossEntropy a read.',
  ],
  [
    'busy',
    'Beside a busy neighbour',
    'Figures beside a process that takes one processor; slowdown: over the figure alone.',
  ],
  ['js', 'In TypeScript', 'The device js, where nothing native can run, against tfjs-backend-cpu; one thread.'],
];

/** A table in Markdown. */
function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

/** A figure and what came of its bar. */
function judged(row, figure, value) {
  return `${digits(value)} ${verdict(row, figure)}`.trim();
}

const COLUMNS = {
  kernel: ['kernel alone', (row) => digits(row.kernel)],
  kernelRatio: ['its ratio', (row) => judged(row, 'kernelRatio', row.kernelRatio)],
  limit: ['limit', (row) => digits(row.limit)],
  ofLimit: ['of limit', (row) => judged(row, 'ofLimit', row.ofLimit)],
  slowdown: ['slowdown', (row) => judged(row, 'slowdown', row.slowdown?.ours)],
};

function familyOf({ case: name }) {
  return name.split('/')[0];
}

function section([family, title, words], all) {
  const rows = all.filter((row) => familyOf(row) === family);
  if (rows.length === 0) return '';
  const peers = [...new Set(rows.flatMap((row) => Object.keys(row.peers)))];
  const more = Object.entries(COLUMNS).filter(([name]) => rows.some((row) => row[name] !== undefined));
  const head = ['case', 'threads', 'unit', 'ours', ...peers, 'ratio', ...more.map(([, [name]]) => name)];
  const cells = rows.map((row) => [
    `\`${row.case}\``,
    row.threads,
    row.unit,
    digits(row.ours),
    ...peers.map((peer) => digits(row.peers[peer])),
    judged(row, 'ratio', row.ratio),
    ...more.map(([, [, cell]]) => cell(row)),
  ]);
  return `## ${title}\n\n${words}\n\n${table(head, cells)}\n${memorySection(rows)}`;
}

function memorySection(all) {
  const rows = all.filter(({ memory }) => memory !== undefined);
  if (rows.length === 0) return '';
  const peers = [...new Set(rows.flatMap(({ memory }) => Object.keys(memory.peers)))];
  const cells = rows.map((row) => [
    `\`${row.case}\``,
    digits(row.memory.ours),
    ...peers.map((peer) => digits(row.memory.peers[peer])),
    judged(row, 'memory', memoryRatio(row)),
  ]);
  return `\nPeak memory, MiB:\n\n${table(['case', 'ours', ...peers, 'ours / peer'], cells)}\n`;
}

/** The bars: what each asks for, how many rows reach it, and the worst. */
function barsSection(rows) {
  const cells = summarize(rows).map(({ title, bar, least, words, values, met }) => [
    title,
    `${least ? 'at least' : 'at most'} ${bar} ${words}`,
    values.length === 0 ? '–' : `${met} of ${values.length}`,
    digits(values.length === 0 ? undefined : (least ? Math.min : Math.max)(...values)),
  ]);
  return `## What must be reached\n\n${table(['', 'bar', 'met', 'worst'], cells)}\n`;
}

const NAMED_PARTS = 5;
const LEAST_SHARE = 0.01;

/** For every row that misses a bar the parts of its time. */
function profileSection(all) {
  const rows = all.filter((row) => row.profile !== undefined && isShort(row));
  if (rows.length === 0) return '';
  const percent = ({ share }) => `${(share * 100).toFixed(0)} %`;
  const words = (part) => (part.calls === undefined ? part.name : `\`${part.name}\` × ${digits(part.calls)}`);
  const cells = rows.map(({ case: name, threads, profile }) => {
    const [kernels, javascript] = [profile.slice(0, -1), profile.at(-1)];
    const named = kernels.slice(0, NAMED_PARTS).filter(({ share }) => share >= LEAST_SHARE);
    return [`\`${name}\``, threads, [...named, javascript].map((part) => `${words(part)} ${percent(part)}`).join(', ')];
  });
  return `## Where the time goes in what is short

The kernels that take most of it, with their calls in one run, and the JavaScript around all kernels.

${table(['case', 'threads', 'parts'], cells)}
`;
}

/** Where and when: one line for each run that the rows are from. */
function runsSection(rows) {
  const runs = [...new Set(rows.map(({ run }) => JSON.stringify(run)))].map((text) => JSON.parse(text));
  const machines = [...new Set(runs.map(({ machine, date }) => `${date}, ${machine}`))];
  const versions = new Map(runs.flatMap(({ versions: own }) => Object.entries(own)));
  return `## Where\n\n${[...machines, ...versions.values()].map((line) => `- ${line}`).join('\n')}\n`;
}

/** Of several rows of one case and number of threads the last one. */
export function latest(rows) {
  return [...new Map(rows.map((row) => [`${row.case} ${row.threads}`, row])).values()];
}

/** Page and picture of rows, by the path of their file. */
export function render(rows) {
  const families = FAMILIES.map((family) => section(family, rows));
  const sections = [barsSection(rows), runsSection(rows), ...families, profileSection(rows)];
  return { [PAGE]: [HEAD, ...sections].filter((text) => text !== '').join('\n'), [CHART]: chart(rows) };
}
