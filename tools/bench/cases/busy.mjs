// SPDX-License-Identifier: Apache-2.0
// Cases beside a busy neighbour: whoever waits for threads that do not run loses far more than the processor it must share.

/** One of each kind. */
const NAMES = [
  'gemm/512x512x512/NT',
  'conv/n8_28x28_128to128_3x3/forward',
  'attention/h8_t512_d64/causal',
  'recurrent/lstm_32x128x256',
  'bandwidth/layerNorm',
  'step/fnn_32x784x256x10',
  'step/gpt_char',
];

/** Those of the cases that are also timed beside a process that takes a processor for itself. */
export function besideNeighbour(cases) {
  return NAMES.map((name) => {
    const benchmark = cases.find((one) => one.name === name);
    return { ...benchmark, name: `busy/${name}`, neighbour: true, limit: undefined, memory: false };
  });
}
