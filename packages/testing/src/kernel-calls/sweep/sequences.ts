// SPDX-License-Identifier: Apache-2.0
// How the kernels of attention and recurrent networks are tried.

import { tolerance } from '../../tolerances.ts';
import { type Draw, MANY, type RunTensor } from './draw.ts';
import type { KernelRun, KernelSweep, SweepRows } from './sweep.ts';

/** One huge number leaves nothing of the others: which way a sigmoid or a softmax then turns, the last digit decides. */
const NOT_HUGE = MANY.filter((kind) => kind !== 'huge');

const KINDS = ['tanh', 'relu', 'lstm', 'gru'] as const;
const BLOCKS = { tanh: [1, 1, 1], relu: [1, 1, 1], lstm: [4, 4, 2], gru: [3, 4, 1] } as const; // gates, saved, states

/** Batch, features and hidden in turn; with steps backwards and of unequal number. */
const recurrentSizes = (n: number): { batch: number; features: number; hidden: number; uneven: boolean }[] => [
  { batch: 2, features: n, hidden: 5, uneven: false },
  { batch: n, features: 3, hidden: 4, uneven: true },
  ...(n === 0 ? [] : [{ batch: 2, features: 3, hidden: n, uneven: false }]),
];
const TIME = 3;

function recurrentRuns(
  kernelName: string,
  n: number,
  draw: Draw,
  inputs: (
    sizes: { batch: number; features: number; hidden: number },
    kind: (typeof KINDS)[number],
  ) => KernelRun['inputs'],
): KernelRun[] {
  return KINDS.flatMap((kind) =>
    recurrentSizes(n).map(({ uneven, ...sizes }) => ({
      kernelName,
      inputs: inputs(sizes, kind),
      attributes: {
        kind,
        reverse: uneven,
        lengths: uneven ? Array.from({ length: sizes.batch }, () => 1 + draw.below(TIME)) : [],
      },
      ...(uneven && kernelName === 'NablaRecurrent' && { unspecified: [1] }), // the gates of steps that are not taken
    })),
  );
}

const recurrent = (): KernelSweep => ({
  kinds: NOT_HUGE,
  tolerance: (n) => tolerance('matmul', 3 * n + 16),
  runs: (n, draw) =>
    recurrentRuns('NablaRecurrent', n, draw, ({ batch, features, hidden }, kind) => {
      const [gates, , states] = BLOCKS[kind];
      const scale = 1 / Math.sqrt(Math.max(hidden, features, 1));
      return {
        x: draw.floats([batch, TIME, features]),
        weightIh: draw.floats([gates * hidden, features], -scale, scale),
        weightHh: draw.floats([gates * hidden, hidden], -scale, scale),
        ...(n % 2 === 1 && { biasIh: draw.floats([gates * hidden]), biasHh: draw.floats([gates * hidden]) }),
        hidden: draw.floats([batch, hidden], -1, 1),
        ...(states === 2 && { cell: draw.floats([batch, hidden]) }),
      };
    }),
});

const recurrentGrad = (): KernelSweep => ({
  kinds: NOT_HUGE,
  tolerance: (n) => tolerance('matmul', 3 * n + 16),
  runs: (n, draw) =>
    recurrentRuns('NablaRecurrentGrad', n, draw, ({ batch, features, hidden }, kind) => {
      const [gates, saved, memories] = BLOCKS[kind];
      const scale = 1 / Math.sqrt(Math.max(hidden, features, 1));
      const states = { ...draw.regular([TIME + 1, batch, hidden], kind === 'relu' ? 0 : -1, 1), origin: 'states' };
      return {
        gradOut: draw.floats([batch, TIME + memories, hidden]),
        x: draw.floats([batch, TIME, features]),
        weightIh: draw.floats([gates * hidden, features], -scale, scale),
        weightHh: draw.floats([gates * hidden, hidden], -scale, scale),
        // what a plain cell keeps are the states behind its steps
        gates:
          saved === 1
            ? { ...states, shape: [TIME, batch, hidden], values: states.values.slice(batch * hidden), origin: 'states' }
            : draw.regular([TIME, batch, saved * hidden], 0, 1),
        states,
        ...(memories === 2 && { cells: draw.floats([TIME + 1, batch, hidden]) }),
      };
    }),
});

/** A call for each axis of attention that can be `n` long, and each thing that hides keys. */
function attentionRuns(kernelName: string, n: number, draw: Draw, isGrad: boolean): KernelRun[] {
  const plans = [
    { query: 3, key: 5, head: n, value: 4, causal: false, mask: undefined, dropout: 0 },
    { query: 3, key: n, head: 4, value: 5, causal: false, mask: 'bool', dropout: 0 },
    { query: n, key: n, head: 4, value: 3, causal: true, mask: undefined, dropout: 0 },
    { query: 2, key: n, head: 3, value: 4, causal: false, mask: 'float32', dropout: 0.25 },
    { query: 3, key: 5, head: 4, value: n, causal: true, mask: 'float32', dropout: 0 },
  ] as const;
  return plans.map(({ query, key, head, value, causal, mask, dropout }) => {
    const [batch, heads] = [2, 2];
    const keyHeads = head === 4 ? 1 : 2;
    // Whether what is hidden is left out or multiplied by 0 is open, and whether scores of which all are -Infinity hide all keys: so are
    // keys and values regular where some are hidden, and what scores are made of where infinities are tried.
    const isOpen = causal || mask !== undefined;
    const draws = (isRegular: boolean, shape: number[], limit = 2): RunTensor =>
      isRegular ? draw.regular(shape, -limit, limit) : draw.floats(shape, -limit, limit);
    const infinite = draw.kind === 'infinite';
    const forward = [
      draws(infinite || mask === 'bool' || (isGrad && isOpen), [batch, heads, query, head], 1),
      draws(infinite || isOpen, [batch, keyHeads, key, head], 1),
      draws(isOpen, [batch, keyHeads, key, value]),
    ];
    const hidden = mask === undefined ? [] : [mask === 'bool' ? draw.bools([query, key]) : draw.floats([query, key])];
    const saved = [
      draws(isOpen, [batch, heads, query, value]),
      draws(isOpen, [batch, heads, query, value]),
      draw.regular([batch, heads, query], 4, 5),
    ];
    const attributes = { causal, scale: 1 / Math.sqrt(Math.max(head, 1)), dropout, seed: 5, offset: n };
    return { kernelName, inputs: [...(isGrad ? saved : []), ...forward, ...hidden], attributes };
  });
}

const attention = (kernelName: string, isGrad: boolean) => (): KernelSweep => ({
  kinds: NOT_HUGE,
  tolerance: (n) => tolerance('matmul', n + 16),
  runs: (n, draw) => attentionRuns(kernelName, n, draw, isGrad),
});

/** A call for each axis of self-attention that can be `n` long, with and without what hides keys; regular as above. */
function selfAttentionRuns(kernelName: string, n: number, draw: Draw, isGrad: boolean): KernelRun[] {
  const plans = [
    { time: 5, headSize: n, causal: false, masked: false, dropout: 0 },
    { time: n, headSize: 4, causal: true, masked: false, dropout: 0.25 },
    { time: n, headSize: 3, causal: false, masked: true, dropout: 0 },
  ];
  return plans.map(({ time, headSize, causal, masked, dropout }) => {
    const [batch, heads] = [2, 2];
    const isRegular = causal || masked || draw.kind === 'infinite';
    const draws = (shape: number[], limit: number): RunTensor =>
      isRegular ? draw.regular(shape, -limit, limit) : draw.floats(shape, -limit, limit);
    const result = [batch, time, heads * headSize];
    const saved = {
      gradOut: draws(result, 2),
      out: draws(result, 2),
      logSumExp: draw.regular([batch, heads, time], 4, 5),
    };
    const inputs = {
      x: draws([batch, time, 3 * heads * headSize], 1),
      ...(masked && { mask: draw.bools([time, time]) }),
      ...(isGrad && saved),
    };
    const attributes = { heads, causal, scale: 1 / Math.sqrt(Math.max(headSize, 1)), dropout, seed: 5, offset: n };
    return { kernelName, inputs, attributes };
  });
}

const selfAttention = (kernelName: string, isGrad: boolean) => (): KernelSweep => ({
  kinds: NOT_HUGE,
  tolerance: (n) => tolerance('matmul', n + 16),
  runs: (n, draw) => selfAttentionRuns(kernelName, n, draw, isGrad),
});

export const sequenceSweeps: SweepRows = [
  [/^attention_f32$/, attention('NablaAttention', false)],
  [/^attention_grad_f32$/, attention('NablaAttentionGrad', true)],
  [/^attention_scores_grad_f32$/, attention('NablaAttentionScoresGrad', true)],
  [/^self_attention_f32$/, selfAttention('NablaSelfAttention', false)],
  [/^self_attention_grad_f32$/, selfAttention('NablaSelfAttentionGrad', true)],
  [/^recurrent_f32$/, recurrent],
  [/^recurrent_grad_f32$/, recurrentGrad],
];
