// SPDX-License-Identifier: Apache-2.0
// What a data id of device cpu stands for, and the list of all that live.

import type { DataType, TensorInfo } from '../tf.ts';
import type { Handle } from './addon.ts';

/**
 * Native memory, or strings on the host, or the two real tensors of a complex one. It is its own data id, so that finding it
 * takes no table; and a link of the list of those that live, so that keeping one takes none either.
 */
export class Storage {
  readonly owner: StorageList;
  dtype: DataType = 'float32';
  /** 0: it holds nothing, because it was freed or has moved to another device. */
  refCount = 0;
  handle: Handle | undefined = undefined;
  elements = 0;
  strings: Uint8Array[] | undefined = undefined;
  complex: { readonly real: TensorInfo; readonly imag: TensorInfo } | undefined = undefined;

  /** Grows from each storage to the next, so that those of a failed kernel can be told. */
  sequence = 0;
  previous: Storage | undefined = undefined;
  next: Storage | undefined = undefined;

  constructor(owner: StorageList) {
    this.owner = owner;
  }
}

/** The storages that live, oldest first. */
export class StorageList {
  newest: Storage | undefined = undefined;
  count = 0;
  /** That of the storage which was added last. */
  sequence = 0;

  add(storage: Storage): void {
    storage.sequence = ++this.sequence;
    storage.previous = this.newest;
    storage.next = undefined;
    if (this.newest !== undefined) this.newest.next = storage;
    this.newest = storage;
    this.count++;
  }

  remove(storage: Storage): void {
    const { previous, next } = storage;
    if (previous !== undefined) previous.next = next;
    if (next !== undefined) next.previous = previous;
    else this.newest = previous;
    storage.previous = undefined;
    storage.next = undefined;
    this.count--;
  }
}
