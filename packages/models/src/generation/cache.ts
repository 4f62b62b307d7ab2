// SPDX-License-Identifier: Apache-2.0
// Keys and values of the tokens that a decoder has seen, so that the next token computes its own alone.

import {
  ArgumentError,
  type AttentionOptions,
  NativeError,
  type Tensor,
  cachedSelfAttention,
  checkInteger,
  copyInto,
  dispose,
  fill,
  gather,
  indexCopyInto,
  keep,
  noGrad,
  pad,
  scope,
  slice,
  tensor1d,
} from '@nabla/core';

/** Time steps by which the memory of a cache grows. 64: of 1,000 steps, 3 % are spent on copying what is there. */
const BLOCK = 64;
/** A long cache grows by a part of itself, at least an eighth: a prompt that is read in passes would be copied again and again. */
const PART = 8;

/** The keys and values of one attention layer. */
export interface KeysAndValues {
  readonly keys: Tensor; // [batch, heads, capacity, headSize]; undefined contents behind the time that was written
  readonly values: Tensor; // [batch, heads, capacity, valueSize]
}

/**
 * Keys and values of all layers of a decoder, in memory that is made ahead and grows by blocks. A forward pass calls {@link write}
 * once for each layer, then {@link advance} once. Who makes a cache disposes of it.
 */
export class KeyValueCache {
  private readonly layers: (KeysAndValues | undefined)[];
  /** Those that do not grow: of what an encoder gave. */
  private readonly fixed = new Map<number, KeysAndValues>();
  #time = 0;
  /** Where the next time step is written, in the place of behind the others. */
  private place: Tensor | undefined;

  constructor(layers: number) {
    this.layers = Array.from({ length: layers }, () => undefined);
  }

  /**
   * Time steps that are in it.
   *
   * @throws {NativeError} they are in a tensor, see {@link writeAt} (code `RECORDING`)
   */
  get time(): number {
    if (this.place !== undefined) throw new NativeError('RECORDING', 'what is recorded does not know the time.');
    return this.#time;
  }

  /** The first of the tensors that it is in, which are other ones, all of them, when it grows or has another number of rows. */
  get memory(): Tensor | undefined {
    return this.layers[0]?.keys;
  }

  /** Whether `time` more time steps fit into the memory that is there. */
  hasRoom(time: number): boolean {
    return this.layers.every((layer) => layer !== undefined && (layer.keys.shape[2] ?? 0) >= this.#time + time);
  }

  /** From here on a time step is written where an int32 `[1]` says, so that it can be recorded; undefined: behind the others. */
  writeAt(place: Tensor | undefined): void {
    this.place = place;
  }

  /** Time steps that attention sees after a write of `time` more: those behind what was written have to be masked. */
  capacity(time: number): number {
    return capacityOf(this.#time + time);
  }

  /**
   * Puts the keys and values of new time steps behind those of a layer.
   *
   * @param keys   `[batch, heads, time, headSize]`
   * @param values `[batch, heads, time, valueSize]`
   * @returns      those of all time steps, as long as {@link capacity}; they belong to the cache
   */
  write(layer: number, keys: Tensor, values: Tensor): KeysAndValues {
    return noGrad(() => {
      const room = this.roomFor(layer, keys.shape, values.shape);
      const write = (into: Tensor, part: Tensor): void => {
        if (this.place === undefined) copyInto(into, part, [0, 0, this.#time, 0]);
        else indexCopyInto(into, part, 2, this.place);
      };
      write(room.keys, keys);
      write(room.values, values);
      return room;
    });
  }

  /**
   * Puts the keys and values of new time steps behind those of a layer, and lets their queries attend to all that `options` show; see
   * {@link cachedSelfAttention}.
   *
   * @param x       `[batch, time, 3 * heads * headSize]`: queries, keys, values
   * @param options where the cache is empty, `mask` may be as long as `time`
   * @returns       `[batch, time, heads * headSize]`
   */
  selfAttention(layer: number, x: Tensor, heads: number, { mask, ...options }: AttentionOptions): Tensor {
    return noGrad(() => {
      const [batch = 0, time = 0, features = 0] = x.shape;
      const part = [batch, heads, time, features / 3 / heads];
      const room = this.roomFor(layer, part, part);
      const shown = mask && { mask: padLast(mask, this.capacity(time)) };
      return cachedSelfAttention(x, heads, { ...room, past: this.place ?? this.#time }, { ...options, ...shown });
    });
  }

  /**
   * Keys and values of a layer that stay the same from step to step, such as those of an encoder's output: computed once.
   *
   * @returns those of the first call; they belong to the cache
   */
  once(layer: number, compute: () => KeysAndValues): KeysAndValues {
    const before = this.fixed.get(layer);
    if (before !== undefined) return before;
    const { keys, values } = noGrad(compute);
    const made = { keys: keep(keys), values: keep(values) };
    this.fixed.set(layer, made);
    return made;
  }

  /** Counts the time steps that every layer has written. */
  advance(time: number): void {
    this.#time += time;
  }

  /**
   * Forgets all time steps but the first `time`, so that others can follow them.
   *
   * @throws {ArgumentError} there are fewer
   */
  truncate(time: number): void {
    checkInteger('truncate', 'time', time, { minimum: 0, maximum: this.#time });
    if (time === this.#time) return;
    const capacity = capacityOf(time);
    for (const [layer, { keys, values }] of this.written()) {
      this.layers[layer] = { keys: shrink(keys, time, capacity), values: shrink(values, time, capacity) };
    }
    this.#time = time;
  }

  /**
   * Makes row i of the batch what row `rows[i]` was: how the beams of a search go on from the best of them.
   *
   * @throws {ArgumentError} a row that is not there
   */
  reorder(rows: readonly number[]): void {
    Array.from(this.reorderByLayer(rows));
  }

  /**
   * What {@link reorder} does, a layer with each step: those of a long text take a while to be copied. As long as there are as many rows,
   * they stay in their memory, and those that stay what they were are not copied.
   *
   * @param options `sameSources`: whether each row reads what it read before, so that what is computed {@link once} stays; default false
   */
  *reorderByLayer(rows: readonly number[], { sameSources = false } = {}): IterableIterator<void> {
    const moved = rows.flatMap((row, i) => (row === i ? [] : [i]));
    if (moved.length === 0 && rows.length === this.batch) return;
    const wrong = rows.find((row) => !Number.isInteger(row) || row < 0 || row >= this.batch);
    if (wrong !== undefined) {
      const expected = `to be rows of the ${this.batch} in the cache`;
      throw new ArgumentError({ op: 'reorder', argument: 'rows', expected, received: String(wrong) });
    }
    const reorder =
      rows.length === this.batch
        ? (tensors: KeysAndValues): KeysAndValues => moveRows(tensors, rows, moved)
        : (tensors: KeysAndValues): KeysAndValues => gatherRows(tensors, rows);
    for (const [layer, tensors] of this.written()) {
      this.layers[layer] = reorder(tensors);
      yield;
    }
    if (sameSources) return;
    for (const [layer, tensors] of this.fixed) {
      this.fixed.set(layer, reorder(tensors));
      yield;
    }
  }

  dispose(): void {
    dispose(this.layers, this.fixed);
    this.layers.fill(undefined);
    this.fixed.clear();
    this.#time = 0;
  }

  /** The buffers of a layer, with room for new keys and values of these shapes, `[batch, heads, time, size]`. */
  private roomFor(layer: number, keys: readonly number[], values: readonly number[]): KeysAndValues {
    const before = this.layers[layer];
    const capacity = this.capacity(keys[2] ?? 0);
    const room = { keys: grow(before?.keys, keys, capacity), values: grow(before?.values, values, capacity) };
    this.layers[layer] = room;
    return room;
  }

  private get batch(): number {
    return this.layers[0]?.keys.shape[0] ?? 0;
  }

  private *written(): IterableIterator<[number, KeysAndValues]> {
    for (const [layer, tensors] of this.layers.entries()) if (tensors !== undefined) yield [layer, tensors];
  }
}

/** Makes the `moved` of the rows of a batch what `rows` say, in their memory. */
function moveRows(tensors: KeysAndValues, rows: readonly number[], moved: readonly number[]): KeysAndValues {
  scope(() => {
    const from = tensor1d(
      moved.map((row) => rows[row] ?? row),
      'int32',
    );
    const to = tensor1d([...moved], 'int32');
    for (const tensor of [tensors.keys, tensors.values]) indexCopyInto(tensor, gather(tensor, from), 0, to);
  });
  return tensors;
}

/** Rows of a batch in another order, or another number of them, instead of what they were taken from. */
function gatherRows({ keys, values }: KeysAndValues, rows: readonly number[]): KeysAndValues {
  const gathered = scope(() => {
    const order = tensor1d([...rows], 'int32');
    return { keys: keep(gather(keys, order)), values: keep(gather(values, order)) };
  });
  dispose(keys, values);
  return gathered;
}

/** Time steps for which a cache of `time` of them has memory. It grows with the time, never falls. */
function capacityOf(time: number): number {
  const step = Math.max(BLOCK, 2 ** Math.floor(Math.log2(Math.max(1, time))) / PART);
  return Math.ceil(time / step) * step;
}

/**
 * A buffer cut down to `capacity` time steps, all but the first `time` of them 0 again: attention multiplies what it does not see by 0, and
 * what was computed there may have been NaN.
 */
function shrink(before: Tensor, time: number, capacity: number): Tensor {
  const [batch = 0, heads = 0, length = 0, size = 0] = before.shape;
  const cut = length === capacity ? before : keep(slice(before, [0, 0, 0, 0], [batch, heads, capacity, size]));
  if (cut !== before) before.dispose();
  const forgotten = fill([batch, heads, capacity - time, size], 0);
  copyInto(cut, forgotten, [0, 0, time, 0]);
  forgotten.dispose();
  return cut;
}

/** A mask over so many keys, those behind its own hidden. */
function padLast(mask: Tensor, keys: number): Tensor {
  const missing = keys - (mask.shape.at(-1) ?? keys);
  return missing === 0 ? mask : pad(mask, [...mask.shape.slice(1).map((): [number, number] => [0, 0]), [0, missing]]);
}

/** A buffer of `capacity` time steps, else shaped as `part`, with what was in the one before. */
function grow(before: Tensor | undefined, part: readonly number[], capacity: number): Tensor {
  if (before !== undefined && (before.shape[2] ?? 0) >= capacity) return before;
  const [batch = 0, heads = 0, , size = 0] = part;
  const grown = keep(fill([batch, heads, capacity, size], 0)); // native memory, where zeros would be copied from an array
  if (before !== undefined) copyInto(grown, before, [0, 0, 0, 0]);
  before?.dispose();
  return grown;
}
