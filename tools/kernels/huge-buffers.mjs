// SPDX-License-Identifier: Apache-2.0
// Buffers that are longer than an array can be: filled and copied by kernels, read and written in blocks. The longest are kept from one
// call to the next with what they hold: to give memory back and have it anew takes longer than most kernels.

import { callKernel } from './native.mjs';

const ARRAYS = { f32: Float32Array, i32: Int32Array, bool: Uint8Array, b32: Int32Array, b8: Uint8Array };
const arrayOf = (type) => ARRAYS[type] ?? (type === 'none' || type === 'alike' ? Float32Array : Int32Array);

/** Bytes of an element. */
export const bytesOf = (type) => arrayOf(type).BYTES_PER_ELEMENT;

/** What all blocks hold but the last. */
const COMMON = { f32: 0.5, i32: 3, bool: 1, b32: 3, b8: 1, index: 0, nowhere: -1, none: 0, alike: 0.5 };

/** What the last block holds. */
const LAST = {
  ...{ f32: (i) => 0.25 + (i % 7) / 8, i32: (i) => i % 7, bool: (i) => i % 2, b32: (i) => i, b8: (i) => i % 2 },
  ...{ index: () => 1, nowhere: () => 1, none: (i) => 0.25 + (i % 7) / 8, alike: () => 0.5 },
};
const lastValues = (type, elements) => arrayOf(type).from({ length: elements }, (_, i) => LAST[type](i));
const commonValues = (type, elements) => new (arrayOf(type))(elements).fill(COMMON[type]);

const MOST = 6.5e9; // bytes held at a time; the working memory of a kernel, up to 2.2e9, comes on top

/** The buffers of one call after the other. */
export class HugeBuffers {
  /** `longest` are the bytes of the longest; with Infinity none is kept. */
  constructor(addon, longest) {
    this.addon = addon;
    this.long = longest / 2; // from so many bytes on a buffer is kept
    this.capacity = longest + 2 ** 16; // that of all that are kept: whatever the block, one more fits
    this.all = []; // { handle, bytes, content, used, restore }
  }

  /** `count` blocks of `elements`, all alike but the last; with `own`, the call may write them. */
  blocks(type, elements, count, own) {
    const bytes = bytesOf(type) * elements * count;
    const content = `${arrayOf(type).name} of ${COMMON[type]}`;
    const buffer = this.take(bytes, content, own);
    if (buffer.content !== content) this.fill(buffer, type);
    const place = (count - 1) * elements;
    const put = (values) => this.copy(arrayOf(type), elements, (part) => [part, buffer.handle, 0, place], values);
    put(lastValues(type, elements));
    buffer.content = own ? undefined : content;
    buffer.restore = own ? undefined : () => put(commonValues(type, elements));
    return buffer.handle;
  }

  fill({ handle, bytes }, type) {
    const Type = arrayOf(type);
    const fill = Type === Uint8Array ? 'fill_bool' : Type === Int32Array ? 'fill_i32' : 'fill_f32';
    const count = Math.floor(bytes / Type.BYTES_PER_ELEMENT);
    callKernel(this.addon, fill, { out: handle, count, value: COMMON[type] });
  }

  /** A small buffer that all blocks read; of indices those that a function of `count` gives. */
  shared(type, elements, count) {
    const values = typeof elements === 'function' ? Int32Array.from(elements(count)) : lastValues(type, elements);
    const { handle } = this.take(values.byteLength, undefined, true);
    this.addon.write(handle, values);
    return handle;
  }

  empty(bytes) {
    return this.take(bytes, undefined, true).handle;
  }

  read(handle, type, elements, block) {
    return this.copy(arrayOf(type), elements, (part) => [handle, part, block * elements, 0]);
  }

  /** Copies elements from or to a buffer of their size; returns what that holds afterwards. */
  copy(Type, elements, places, values) {
    const part = this.addon.allocate(Type.BYTES_PER_ELEMENT * elements);
    if (values !== undefined) this.addon.write(part, values);
    const [from, to, in_offset, out_offset] = places(part);
    callKernel(this.addon, Type === Uint8Array ? 'copy_b8' : 'copy_b32', {
      ...{ in: from, out: to, in_offset, out_offset },
      ...{ shape: [elements], in_strides: [1], out_strides: [1], reversed: [0] },
    });
    const read = new Type(elements);
    this.addon.read(part, read);
    this.addon.release(part);
    return read;
  }

  /** A buffer that no other argument of the call has, if possible one with this content. */
  take(bytes, content, own) {
    const free = this.all.filter(({ used }) => !used);
    const size = bytes >= this.long ? this.capacity : bytes;
    const fitting = free.filter((buffer) => buffer.bytes === size);
    const found =
      fitting.find((buffer) => buffer.content === content) ?? fitting.find((buffer) => buffer.content === undefined);
    const buffer = found ?? this.make(size);
    buffer.used = true;
    if (own && buffer.content !== content) buffer.content = undefined;
    return buffer;
  }

  make(bytes) {
    const held = () => this.all.reduce((sum, buffer) => sum + buffer.bytes, bytes);
    for (const buffer of this.all.filter(({ used }) => !used)) if (held() > MOST) this.release(buffer);
    this.addon.trim();
    const buffer = { handle: this.addon.allocate(bytes), bytes };
    this.all.push(buffer);
    return buffer;
  }

  release(buffer) {
    this.all.splice(this.all.indexOf(buffer), 1);
    this.addon.release(buffer.handle);
  }

  /** Ends a call: what is long is kept, as it was before. */
  next() {
    for (const buffer of [...this.all]) {
      buffer.used = false;
      buffer.restore?.();
      buffer.restore = undefined;
      if (buffer.bytes !== this.capacity) this.release(buffer);
    }
  }

  end() {
    for (const buffer of [...this.all]) this.release(buffer);
    this.addon.trim();
  }
}
