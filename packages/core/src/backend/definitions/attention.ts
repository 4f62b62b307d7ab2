// SPDX-License-Identifier: Apache-2.0
// Scaled dot-product attention in TypeScript, one row of scores at a time; see native/src/kernels/attention.h for the formulas.

import { philox } from '../../philox.ts';
import { broadcastStrides } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import type { JsBackend } from '../js-backend.ts';
import { definition } from '../kernel.ts';
import { uniform } from './random.ts';

const { exp, floor, log, min } = Math;

/**
 * query `[batch, heads, queryTime, headSize]`, key `[batch, keyHeads, keyTime, headSize]`, value `[batch, keyHeads, keyTime,
 * valueSize]`, perhaps a mask: bool, true where a query may attend to a key, or float32, added to the scores.
 */
export type AttentionInputs = readonly [TensorInfo, TensorInfo, TensorInfo, TensorInfo?];

/** gradOut, out `[…, queryTime, valueSize]`, logSumExp `[…, queryTime]`, then the inputs of the forward pass. */
export type AttentionGradInputs = readonly [TensorInfo, TensorInfo, TensorInfo, ...AttentionInputs];

export interface AttentionAttributes {
  readonly causal: boolean;
  readonly scale: number;
  readonly dropout: number; // probability of dropping a weight
  readonly seed: number;
  readonly offset: number;
}

export interface AttentionSizes {
  readonly batch: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly queryTime: number;
  readonly keyTime: number;
  readonly headSize: number;
  readonly valueSize: number;
  /** Of the mask, read as `[batch, heads, queryTime, keyTime]`; empty without one. */
  readonly maskStrides: readonly number[];
}

export function attentionSizes([query, key, value, mask]: AttentionInputs): AttentionSizes {
  const [batch, heads, queryTime, headSize] = query.shape;
  const [, keyHeads, keyTime] = key.shape;
  const valueSize = value.shape[3];
  const maskStrides = mask === undefined ? [] : broadcastStrides(mask.shape, [batch, heads, queryTime, keyTime]);
  return { batch, heads, keyHeads, queryTime, keyTime, headSize, valueSize, maskStrides };
}

/** The values of one call, and a row of scores at a time. */
class Rows {
  readonly sizes: AttentionSizes;
  readonly query: Float32Array;
  readonly key: Float32Array;
  readonly value: Float32Array;
  readonly scores: Float64Array;
  /** What dropout makes of each weight of the row: 0 or 1 / (1 - dropout). */
  readonly kept: Float64Array;
  private readonly attributes: AttentionAttributes;
  private readonly mask: ArrayLike<number> | undefined;
  private readonly masked: (score: number, mask: number) => number;

  constructor(inputs: AttentionInputs, attributes: AttentionAttributes, backend: JsBackend) {
    const [query, key, value, mask] = inputs;
    this.sizes = attentionSizes(inputs);
    this.attributes = attributes;
    this.query = backend.floats(query);
    this.key = backend.floats(key);
    this.value = backend.floats(value);
    this.mask = mask && backend.values(mask);
    this.masked = mask?.dtype === 'bool' ? (score, allowed) => (allowed === 0 ? -Infinity : score) : (a, b) => a + b;
    this.scores = new Float64Array(this.sizes.keyTime);
    this.kept = new Float64Array(this.sizes.keyTime).fill(1);
  }

  /** Rows of all heads: a row's number is `(batch * heads + head) * queryTime + query`. */
  get count(): number {
    const { batch, heads, queryTime } = this.sizes;
    return batch * heads * queryTime;
  }

  /** Where the keys and values of a row's head begin, counted in positions of all heads: several heads may share them. */
  firstKey(row: number): number {
    const { heads, keyHeads, queryTime, keyTime } = this.sizes;
    return floor(row / queryTime / (heads / keyHeads)) * keyTime;
  }

  /** Computes the scores of a row, -Infinity where the mask hides a key; returns how many keys may be seen at all. */
  score(row: number): number {
    const { queryTime, keyTime, headSize, heads, maskStrides } = this.sizes;
    const head = floor(row / queryTime);
    const query = row % queryTime;
    const visible = this.attributes.causal ? min(query + 1, keyTime) : keyTime;
    const [batchStride, headStride, queryStride, keyStride] = maskStrides;
    const allowed = floor(head / heads) * batchStride + (head % heads) * headStride + query * queryStride;
    const from = row * headSize;
    const first = this.firstKey(row);
    for (let k = 0; k < visible; k++) {
      const to = (first + k) * headSize;
      let product = 0;
      for (let i = 0; i < headSize; i++) product += this.query[from + i] * this.key[to + i];
      const score = this.attributes.scale * product;
      this.scores[k] = this.mask === undefined ? score : this.masked(score, this.mask[allowed + k * keyStride]);
    }
    return visible;
  }

  /** Draws what dropout keeps of the first `visible` weights of a row. */
  draw(row: number, visible: number): void {
    const { dropout, seed, offset } = this.attributes;
    if (dropout === 0) return;
    const words = new Uint32Array(4);
    for (let k = 0; k < visible; k++) {
      const element = row * this.sizes.keyTime + k;
      if (k === 0 || element % 4 === 0) philox(seed, offset + floor(element / 4), words);
      this.kept[k] = uniform(words[element % 4]) >= dropout ? 1 / (1 - dropout) : 0;
    }
  }

  /** Calls `f` for every score that `causal` does not hide, with its weight after dropout and the gradient of the score. */
  eachGradient(
    [gradOut, out, logSumExp]: readonly Float32Array[],
    f: (row: number, k: number, weight: number, gradScore: number) => void,
  ): void {
    const { valueSize } = this.sizes;
    for (let row = 0; row < this.count; row++) {
      const visible = this.score(row);
      this.draw(row, visible);
      const g = row * valueSize;
      let mean = 0;
      for (let i = 0; i < valueSize; i++) mean += gradOut[g + i] * out[g + i];
      const first = this.firstKey(row);
      for (let k = 0; k < visible; k++) {
        const weight = exp(this.scores[k] - logSumExp[row]);
        let product = 0;
        for (let i = 0; i < valueSize; i++) product += gradOut[g + i] * this.value[(first + k) * valueSize + i];
        f(row, k, weight * this.kept[k], weight * (this.kept[k] * product - mean));
      }
    }
  }
}

/** → [out `[batch, heads, queryTime, valueSize]`, logSumExp `[batch, heads, queryTime]`] */
export function attend(inputs: AttentionInputs, attributes: AttentionAttributes, backend: JsBackend): TensorInfo[] {
  const rows = new Rows(inputs, attributes, backend);
  const { batch, heads, queryTime, valueSize } = rows.sizes;
  const { scores, kept, value } = rows;
  const out = new Float32Array(rows.count * valueSize);
  const logSumExp = new Float32Array(rows.count).fill(Infinity);
  const sums = new Float64Array(valueSize);
  for (let row = 0; row < rows.count; row++) {
    const visible = rows.score(row);
    let maximum = -Infinity;
    for (let k = 0; k < visible; k++) if (!(scores[k] <= maximum)) maximum = scores[k];
    if (maximum === -Infinity) continue; // nothing to attend to
    rows.draw(row, visible);
    const first = rows.firstKey(row);
    let sum = 0;
    sums.fill(0);
    for (let k = 0; k < visible; k++) {
      const weight = exp(scores[k] - maximum);
      sum += weight;
      for (let i = 0; i < valueSize; i++) sums[i] += weight * kept[k] * value[(first + k) * valueSize + i];
    }
    for (let i = 0; i < valueSize; i++) out[row * valueSize + i] = sums[i] / sum;
    logSumExp[row] = maximum + log(sum);
  }
  return [
    backend.make([batch, heads, queryTime, valueSize], 'float32', out),
    backend.make([batch, heads, queryTime], 'float32', logSumExp),
  ];
}

/** → [gradQuery, gradKey, gradValue], of the shapes of query, key, value */
export function attendBack(
  [gradOut, out, logSumExp, ...inputs]: AttentionGradInputs,
  attributes: AttentionAttributes,
  backend: JsBackend,
): TensorInfo[] {
  const rows = new Rows(inputs, attributes, backend);
  const { headSize, valueSize } = rows.sizes;
  const { query, key } = rows;
  const saved = [gradOut, out, logSumExp].map((values) => backend.floats(values));
  const [grad] = saved;
  const gradQuery = new Float32Array(query.length);
  const gradKey = new Float32Array(key.length);
  const gradValue = new Float32Array(rows.value.length);
  rows.eachGradient(saved, (row, k, weight, gradScore) => {
    const [g, q, to] = [row * valueSize, row * headSize, rows.firstKey(row) + k];
    for (let i = 0; i < valueSize; i++) gradValue[to * valueSize + i] += weight * grad[g + i];
    for (let i = 0; i < headSize; i++) {
      gradQuery[q + i] += attributes.scale * gradScore * key[to * headSize + i];
      gradKey[to * headSize + i] += attributes.scale * gradScore * query[q + i];
    }
  });
  const [queryInfo, keyInfo, valueInfo] = inputs;
  return [
    backend.make(queryInfo.shape, 'float32', gradQuery),
    backend.make(keyInfo.shape, 'float32', gradKey),
    backend.make(valueInfo.shape, 'float32', gradValue),
  ];
}

const attention = definition<AttentionInputs, AttentionAttributes>('NablaAttention', attend);
const attentionGrad = definition<AttentionGradInputs, AttentionAttributes>('NablaAttentionGrad', attendBack);

/** → gradScores `[batch, heads, queryTime, keyTime]`: the gradient of a float mask, before it is summed to the mask's shape */
const attentionScoresGrad = definition<AttentionGradInputs, AttentionAttributes>(
  'NablaAttentionScoresGrad',
  ([gradOut, out, logSumExp, ...inputs], attributes, backend) => {
    const rows = new Rows(inputs, attributes, backend);
    const { batch, heads, queryTime, keyTime } = rows.sizes;
    const gradScores = new Float32Array(rows.count * keyTime);
    const saved = [gradOut, out, logSumExp].map((values) => backend.floats(values));
    rows.eachGradient(saved, (row, k, _weight, gradScore) => {
      gradScores[row * keyTime + k] = gradScore;
    });
    return backend.make([batch, heads, queryTime, keyTime], 'float32', gradScores);
  },
);

export const attentionDefinitions: readonly KernelConfig[] = [attention, attentionGrad, attentionScoresGrad];
