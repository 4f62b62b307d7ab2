// SPDX-License-Identifier: Apache-2.0
// Native memory for tensors, and the way back of what a program has forgotten: V8 sees objects of a few bytes each, and would
// let them lie until the machine has no memory left.

import type { Handle, NativeAddon } from './addon.ts';

/** Living bytes below which nothing is collected. */
const FLOOR = 2 ** 28;

/** Who holds the buffers. */
export interface BufferHolder {
  /** Makes the addon watch all buffers that live, so that those whose owners are no more count as forgotten. */
  watchAll(): void;
  /** Releases the buffers of these handles; others have them from another pool. */
  free(handles: ReadonlySet<Handle>): void;
}

/**
 * Allocates buffers. Where the living bytes have doubled since the last look, or none are to be had, V8
 * collects its garbage, and the buffers of objects that are no more come back, even within one long loop: finalizers would have
 * to wait until it ends. So a program whose memory only swings, such as training, is soon never interrupted again; told of every
 * change instead, V8 would mark its heap at each step that rises by 64 MB.
 */
export class NativeMemoryPool {
  private readonly addon: NativeAddon;
  private readonly holder: BufferHolder;
  private bytes = 0;
  private threshold = FLOOR;
  private reported = 0;

  constructor(addon: NativeAddon, holder: BufferHolder) {
    this.addon = addon;
    this.holder = holder;
  }

  /** A buffer, or zeros that are stored as bf16 in so many bytes. Throws what the addon throws. */
  allocate(bytes: number, asBfloat16 = false): Handle {
    if (this.bytes + bytes > this.threshold) {
      this.collect();
      this.threshold = Math.max(FLOOR, 2 * (this.bytes + bytes));
    }
    const handle = this.tryAllocate(bytes, asBfloat16) ?? this.make(bytes, asBfloat16);
    this.bytes += bytes;
    return handle;
  }

  release(handle: Handle, bytes: number): void {
    this.addon.release(handle);
    this.bytes -= bytes;
  }

  /** Counts so many bytes fewer, of a buffer that takes less now. */
  shrink(bytes: number): void {
    this.bytes -= bytes;
  }

  /** Frees what was forgotten; whether there was something. */
  collect(): boolean {
    const before = this.bytes;
    this.report();
    this.holder.watchAll();
    this.addon.collectGarbage();
    this.holder.free(new Set(this.addon.forgotten()));
    this.report();
    return this.bytes < before;
  }

  private make(bytes: number, asBfloat16: boolean): Handle {
    return asBfloat16 ? this.addon.allocateBfloat16(2 * bytes) : this.addon.allocate(bytes);
  }

  /** A buffer; undefined where there is no memory but some was forgotten, which is free now. */
  private tryAllocate(bytes: number, asBfloat16: boolean): Handle | undefined {
    try {
      return this.make(bytes, asBfloat16);
    } catch (error) {
      const isOutOfMemory = (error as { code?: string }).code === 'NABLA_OUT_OF_MEMORY';
      if (isOutOfMemory && this.collect()) return undefined;
      throw error;
    }
  }

  private report(): void {
    this.addon.reportExternalMemory(this.bytes - this.reported);
    this.reported = this.bytes;
  }
}
