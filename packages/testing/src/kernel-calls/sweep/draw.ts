// SPDX-License-Identifier: Apache-2.0
// The values with which every kernel is tried: from a seed, and with those mixed in that arithmetic treats in a way of its own.

/** A tensor as plain data. */
export interface RunTensor {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly values: Float32Array | Int32Array | Uint8Array;
  /** What the values were drawn from, in words: tensors of one shape and origin may be one. */
  readonly origin: string;
}

/**
 * What is mixed into ordinary numbers: `mixed` makes half of all elements special, of every kind, for kernels that make each result
 * of a few elements. In sums one NaN hides everything else, so the others put one kind of number into a few places.
 */
export type ValueKind = 'ordinary' | 'mixed' | 'nan' | 'infinite' | 'denormal' | 'huge' | 'tiny';

/** Kinds for kernels that make each result of a few elements, and for those that add up many. */
export const FEW: readonly ValueKind[] = ['ordinary', 'mixed'];
export const MANY: readonly ValueKind[] = ['ordinary', 'nan', 'infinite', 'denormal', 'huge', 'tiny'];

const LARGEST = (2 - 2 ** -23) * 2 ** 127;
const SIGNED = [
  Infinity,
  0,
  2 ** -149,
  1e-40,
  2 ** -126,
  1e-30,
  1e-8,
  0.5,
  1,
  1.5,
  2.5,
  3,
  20,
  88,
  104,
  1e10,
  1e30,
  LARGEST,
];

/** `huge` is such that products of three do not overflow: what does is in another order of terms no overflow. */
const FLOATS: Readonly<Record<Exclude<ValueKind, 'ordinary'>, readonly number[]>> = {
  mixed: [NaN, ...SIGNED, ...SIGNED.map((x) => -x)],
  nan: [NaN],
  infinite: [Infinity, -Infinity],
  denormal: [2 ** -149, -(2 ** -149), 1e-40, -1e-40, 0, -0],
  huge: [1e11, -1e11, 3e9],
  tiny: [1e-30, -1e-30, 1e-20],
};
const INTEGERS = [0, 1, -1, 46_341, -46_341, 65_536, 2 ** 24 + 1, 2 ** 31 - 1, -(2 ** 31), 1 - 2 ** 31];

/** Draws the tensors of one run. */
export class Draw {
  readonly kind: ValueKind;
  private state: number;
  /** Whether a huge number was drawn: of two that cancel, rounding errors are left. */
  private hasHuge = false;

  constructor(kind: ValueKind, seed: number) {
    this.kind = kind;
    this.state = seed | 0;
  }

  /** A number in `[0, 1)`: mulberry32, Tommy Ettinger 2017. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** Numbers in `[low, high)`, and those of the kind. */
  floats(shape: readonly number[], low = -2, high = 2): RunTensor {
    const { values } = this.regular(shape, low, high);
    this.spoil(values);
    return { shape, dtype: 'float32', values, origin: `${low} to ${high}, or special` };
  }

  /** Numbers in `[low, high)` of every kind: for what a kernel may rely on. */
  regular(shape: readonly number[], low = -2, high = 2): RunTensor & { readonly values: Float32Array } {
    const values = Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * this.next());
    return { shape, dtype: 'float32', values, origin: `${low} to ${high}` };
  }

  private spoil(values: Float32Array): void {
    const { kind } = this;
    const { length } = values;
    if (kind === 'ordinary' || length === 0) return;
    const special = FLOATS[kind];
    const put = (at: number): void => void (values[at] = special[this.below(special.length)]);
    if (kind === 'mixed') {
      for (let i = 0; i < length; i++) if (this.next() < 0.5) put(i);
    } else if (kind === 'huge') {
      if (this.hasHuge || this.next() < 0.4) return;
      put(this.below(length));
      this.hasHuge = true;
    } else if (this.next() < 0.6) {
      for (let n = 0; n <= length / 40; n++) put(this.below(length));
    }
  }

  /** Small int32 numbers, and in every other kind than `ordinary` those at which sums and products wrap around. */
  integers(shape: readonly number[]): RunTensor {
    const draw = (): number =>
      this.kind === 'ordinary' || this.next() < 0.5 ? this.below(41) - 20 : INTEGERS[this.below(INTEGERS.length)];
    return { shape, dtype: 'int32', values: Int32Array.from({ length: sizeOf(shape) }, draw), origin: 'any' };
  }

  /** Whole numbers from `low` on and below `high`, whatever the kind. */
  indices(shape: readonly number[], high: number, low = 0): RunTensor {
    const values = Int32Array.from({ length: sizeOf(shape) }, () => low + this.below(high - low));
    return { shape, dtype: 'int32', values, origin: `${low} to ${high}` };
  }

  bools(shape: readonly number[]): RunTensor {
    const values = Uint8Array.from({ length: sizeOf(shape) }, () => this.below(2));
    return { shape, dtype: 'bool', values, origin: 'any' };
  }

  /** A tensor of a dtype, with everything that it may hold. */
  of(dtype: RunTensor['dtype'], shape: readonly number[]): RunTensor {
    if (dtype === 'bool') return this.bools(shape);
    return dtype === 'int32' ? this.integers(shape) : this.floats(shape);
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}
