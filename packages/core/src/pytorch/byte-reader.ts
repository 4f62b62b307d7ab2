// SPDX-License-Identifier: Apache-2.0
// Bytes of a part of a file, one after the other, through a window of fixed size.

import { readSync } from 'node:fs';

import { pickleError } from './errors.ts';

const WINDOW_BYTES = 1 << 16;

/** The longest text or number that is read at once: nobody names a tensor with more. */
const LONGEST_BYTES = 1 << 24;

/** Reads an open file from `start` to `end`. Whatever a file says of its own lengths, no more than these bytes are read. */
export class ByteReader {
  readonly file: string;
  private readonly descriptor: number;
  private readonly end: number;
  private readonly window = new Uint8Array(WINDOW_BYTES);
  /** Where the window begins in the file, and how much of it is filled. */
  private windowStart: number;
  private filled = 0;
  private next: number;

  constructor(descriptor: number, file: string, start: number, end: number) {
    this.descriptor = descriptor;
    this.file = file;
    this.end = end;
    this.windowStart = start;
    this.next = start;
  }

  /** Where the next byte stands in the file. */
  get position(): number {
    return this.next;
  }

  byte(): number {
    const at = this.next - this.windowStart;
    if (at < this.filled) {
      this.next++;
      return this.window[at];
    }
    return this.take(1)[0];
  }

  /** The next bytes; valid until more are asked for. */
  take(count: number): Uint8Array {
    const { next } = this;
    if (!(count >= 0 && count <= this.end - next)) {
      throw this.error(`to have ${count} bytes from byte ${next} on`, `${this.end - next}`);
    }
    if (count > LONGEST_BYTES) {
      throw this.error(`to have texts of at most ${LONGEST_BYTES} bytes`, `${count} at byte ${next}`);
    }
    this.next = next + count;
    if (count > WINDOW_BYTES) return this.fill(new Uint8Array(count), next, count);
    const at = next - this.windowStart;
    if (at + count <= this.filled) return this.window.subarray(at, at + count);
    this.windowStart = next;
    this.filled = Math.min(WINDOW_BYTES, this.end - next);
    return this.fill(this.window, next, this.filled).subarray(0, count);
  }

  view(count: number): DataView {
    const { buffer, byteOffset } = this.take(count);
    return new DataView(buffer, byteOffset, count);
  }

  /** Text of `count` bytes. */
  text(count: number, encoding: 'utf8' | 'latin1' = 'utf8'): string {
    const { buffer, byteOffset } = this.take(count);
    return Buffer.from(buffer, byteOffset, count).toString(encoding);
  }

  /** Text up to the next line break, which is left out. */
  line(): string {
    const codes: number[] = [];
    for (let code = this.byte(); code !== 0x0a; code = this.byte()) {
      codes.push(code);
      if (codes.length > 1000) throw this.error('to have names of at most 1000 bytes', 'a longer one');
    }
    return Buffer.from(codes).toString('utf8');
  }

  error(expected: string, received: string): Error {
    return pickleError({ file: this.file, expected, received });
  }

  private fill(bytes: Uint8Array, position: number, count: number): Uint8Array {
    for (let done = 0; done < count;) {
      const read = readSync(this.descriptor, bytes, done, count - done, position + done);
      if (read === 0) throw this.error(`to have ${position + count} bytes`, `${position + done}`);
      done += read;
    }
    return bytes;
  }
}
