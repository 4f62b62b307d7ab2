// SPDX-License-Identifier: Apache-2.0
// Fused attention of device cuda in each precision, where rounding could spoil it: keys hidden by adding to their scores what programs
// add, scores of large size, numbers that are not finite. Compared with the plain formula in float32 of what was rounded beforehand.

import {
  assertClose,
  describeOnCuda,
  inPrecision,
  randomTensor,
  roundToBf16,
  tolerance,
  useDevice,
  withActivations,
} from '@nabla/testing';

import { valueAndGrad } from '../autodiff.ts';
import type { MatmulPrecision } from '../device.ts';
import type { AttentionOptions } from '../ops/attention.ts';
import { storeAsBfloat16 } from '../ops/store-as-bfloat16.ts';
import { Generator } from '../random.ts';
import { type Tensor, add, fill, mul, slice, sum, tensor, zeros } from '../tf.ts';
import {
  ATTENTION,
  type Attend,
  type Inputs,
  MASKED_ATTENTION,
  NAMES,
  type Sizes,
  TESTED,
  anew,
  draw,
  largestOf,
} from './test-fused-attention.ts';

type OfScore = (query: number, key: number) => number;

interface Extreme {
  readonly title: string;
  readonly sizes: (small: number) => Sizes;
  readonly options?: AttentionOptions;
  /** What is added to the score of a query and a key. */
  readonly added?: OfScore;
  /** Makes what is multiplied extreme. */
  readonly change?: (inputs: Inputs) => Inputs;
  /** By how much of the largest float32 itself may be wrong, since it keeps no more of such scores. */
  readonly error?: number;
}

const LEAST_FLOAT32 = -(2 - 2 ** -23) * 2 ** 127; // finfo.min, which Hugging Face's models add
const dropout = { dropout: 0.3, generator: new Generator(7) };

/** Hides the first keys, which are more than a tile, others here and there, and from each third query all. */
function hiding(number: OfScore, first: number): OfScore {
  return (query, key) => (query % 3 === 0 || key < first || (query + key) % 5 === 0 ? number(query, key) : 0);
}

function hidden(how: string, number: OfScore): Extreme[] {
  const title = `keys are hidden by adding ${how}`;
  return [
    {
      title: `${title}, causal`,
      sizes: (size) => ({ queries: 150, keys: 131, size }),
      options: { causal: true },
      added: hiding(number, 70),
    },
    {
      title: `${title}, with shared keys, fewer than queries, and dropout`,
      sizes: () => ({ queries: 99, keys: 67, size: 72, heads: 3, keyHeads: 1 }),
      options: { causal: true, ...dropout },
      added: hiding(number, 33),
    },
    {
      title: `${title}, not causal`,
      sizes: () => ({ queries: 33, keys: 71, size: 64, valueSize: 24 }),
      added: hiding(number, 40),
    },
  ];
}

/** A copy with another number at each place that `number` has one for. */
function changed(x: Tensor, number: (row: number, column: number) => number | undefined): Tensor {
  const [rows, size] = x.shape.slice(-2);
  const values = Float32Array.from(x.dataSync(), (value, i) => number(Math.floor(i / size) % rows, i % size) ?? value);
  return tensor(values, x.shape);
}

const near8192: Omit<Extreme, 'title'> = {
  sizes: (size) => ({ queries: 99, keys: 131, size }),
  options: { scale: 1 / 8, causal: true },
  change: ([query, key, value]) => {
    const with256 = (x: Tensor): Tensor => changed(x, (_, column) => (column === 0 ? 256 : undefined));
    return [with256(query), with256(key), value];
  },
  error: 2 ** -9, // a few times what float32 has for a number of 8192
};

const EXTREMES: readonly Extreme[] = [
  ...hidden('-1e9', () => -1e9),
  ...hidden('-1e30', () => -1e30),
  ...hidden('the least float32', () => LEAST_FLOAT32),
  ...hidden('-Infinity', () => -Infinity),
  ...hidden('-1e9 or -Infinity', (_, key) => (key % 2 === 0 ? -1e9 : -Infinity)),
  { ...near8192, title: 'all scores are near 8192' },
  { ...near8192, title: 'all scores are near 8192, some hidden', added: (_, key) => (key % 4 === 1 ? -1e30 : 0) },
  { ...near8192, title: 'all scores are near 8192, with dropout', options: { ...near8192.options, ...dropout } },
];

interface Spoiled {
  /** In column 7 of query 33, of key 5, and of what is added to scores of query 33. */
  readonly query?: number;
  readonly key?: number;
  readonly mask?: number;
  /** How many queries have NaN for it. */
  readonly queries: number;
}

const SPOILED: readonly (readonly [string, Spoiled])[] = [
  ['that a query has NaN', { query: NaN, queries: 1 }],
  ['that a query is infinite', { query: Infinity, queries: 1 }],
  ['that a key has NaN', { key: NaN, queries: 60 }],
  ['that a key is infinite', { key: -Infinity, queries: 60 }],
  ['that NaN is added', { mask: NaN, queries: 1 }],
  ['that Infinity is added', { mask: Infinity, queries: 1 }],
  ['that a score is too large', { query: 1e25, key: 1e25, queries: 1 }],
  ['that a score is too small', { query: 1e25, key: -1e25, queries: 0 }],
];

/** The rows, with 1 where float32 can tell the sum of a row from its largest addend, and else 0. */
function told({ added, options }: Extreme, { queries, keys }: Sizes): Tensor {
  const isTold = (query: number): number => {
    let largest = -Infinity;
    const seen = options?.causal === true ? Math.min(keys, query + 1) : keys;
    for (let key = 0; key < seen; key++) largest = Math.max(largest, added?.(query, key) ?? 0);
    return Number(largest === -Infinity || Math.abs(largest) < 1e6);
  };
  return tensor(
    Array.from({ length: queries }, (_, query) => isTold(query)),
    [queries, 1],
  );
}

function largestFinite(x: Tensor): number {
  return Math.max(0, ...Array.from(x.dataSync(), Math.abs).filter(Number.isFinite));
}

function extremesIn(precision: MatmulPrecision, storage: 'float32' | 'bfloat16'): void {
  useDevice('cuda');
  const { round, each, floor, small } = TESTED[precision];

  const stored = (x: Tensor): Tensor => {
    if (storage === 'float32') return x;
    const copy = add(x, 0);
    storeAsBfloat16(copy);
    return copy;
  };
  /** What attention gives, with activations stored so. */
  const fused = <T>(f: () => T): T => inPrecision(precision, () => withActivations(storage, f));

  /** Throws unless numbers that are not finite are at the same places, and the others agree. */
  const agree = (received: readonly Tensor[], expected: readonly Tensor[], error = 0): void =>
    expected.forEach((wanted, i) => {
      const absolute = largestFinite(wanted) * Math.max(each, error) + floor;
      assertClose(NAMES[i], received[i], wanted, { absolute, relative: 0 });
    });

  it.each(EXTREMES)('is its formula where $title', (extreme) => {
    const { options = {}, added, change = (inputs) => inputs, error } = extreme;
    const sizes = extreme.sizes(small);
    const op = added === undefined ? ATTENTION : MASKED_ATTENTION;
    const masks = added === undefined ? [] : [changed(zeros([sizes.queries, sizes.keys]), added)];
    const inputs = change(draw(sizes));
    const rows = told(extreme, sizes);
    // Sums of large numbers that cancel, as the gradients of column 0 may be, tell nothing.
    const others = (x: Tensor): Tensor =>
      extreme.change === undefined
        ? x
        : slice(
            x,
            Array.from(x.shape, (_, axis) => Number(axis === x.rank - 1)),
          );
    const outAndGradients = (attend: Attend, inputs: readonly Tensor[]): Tensor[] => {
      const out = attend(inputs, anew(options));
      const weights = mul(roundToBf16(randomTensor(out.shape, { seed: 4 })), rows);
      const { gradients } = valueAndGrad(() => sum(mul(attend(inputs, anew(options)), weights)), [...inputs]);
      return [out, ...gradients].map(others);
    };
    const received = fused(() => outAndGradients(op.fused, [...inputs.map(stored), ...masks]));
    if (storage === 'bfloat16') expect(received[0]).toBeCloseToTensor(roundToBf16(received[0]), tolerance('exact'));
    agree(received, outAndGradients(op.plain, [...inputs.map(round), ...masks]), error);
  });

  it.each([-1e9, -1e30, LEAST_FLOAT32])('has small gradients where %d is added to all scores', (number) => {
    // The logarithm of a sum of equal numbers is lost beside them: each key has the gradients of all.
    const mask = fill([65, 70], number);
    for (const options of [{ causal: true }, { causal: true, ...dropout }]) {
      const sumOf = (inputs: readonly Tensor[]): Tensor => sum(MASKED_ATTENTION.fused(inputs, anew(options)));
      const inputs = [...draw({ queries: 65, keys: 70, size: small }).map(stored), mask];
      const { gradients } = fused(() => valueAndGrad(() => sumOf(inputs), inputs));
      for (const gradient of gradients) expect(largestOf(gradient)).toBeLessThan(1000);
    }
  });

  it.each(SPOILED)('keeps to the queries that see it %s', (_, spoiled) => {
    const at =
      (row: number, number = 0) =>
      (x: Tensor): Tensor =>
        changed(x, (other, column) => (column !== 7 ? undefined : other === row ? number : 0));
    const [query, key, value] = draw({ queries: 65, keys: 70, size: 40 });
    const inputs = [at(33, spoiled.query)(query), at(5, spoiled.key)(key), value];
    const mask = at(33, spoiled.mask)(zeros([65, 70]));
    const options = { causal: true };
    const results = (attend: Attend, inputs: readonly Tensor[]): Tensor[] => {
      const out = attend(inputs, options);
      const weights = roundToBf16(randomTensor(out.shape, { seed: 4 }));
      const gradient = (): Tensor =>
        valueAndGrad(() => sum(mul(attend(inputs, options), weights)), [inputs[0]]).gradients[0];
      return spoiled.key === undefined ? [out, gradient()] : [out]; // a gradient of 0 may be multiplied by any key
    };
    for (const { fused: attend, plain } of spoiled.mask === undefined
      ? [ATTENTION, MASKED_ATTENTION]
      : [MASKED_ATTENTION]) {
      const expected = results(plain, [...inputs.map(round), mask]);
      expect(expected[0].dataSync().filter(Number.isNaN)).toHaveLength(40 * spoiled.queries);
      agree(
        fused(() => results(attend, [...inputs.map(stored), mask])),
        expected,
      );
    }
  });
}

describeOnCuda('extremes of attention of device cuda', () => {
  describe.each<MatmulPrecision>(['bf16', 'tf32', 'float32'])('in %s', (precision) => extremesIn(precision, 'float32'));
  describe('in bf16, stored so', () => extremesIn('bf16', 'bfloat16'));
});
