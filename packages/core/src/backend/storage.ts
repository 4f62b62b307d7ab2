// SPDX-License-Identifier: Apache-2.0
// What a data id of device cpu stands for, and the list of all that live.

import type { DataId, DataType, TensorInfo, engine } from '../tf.ts';
import type { Handle } from './addon.ts';

/** What tfjs' engine notes of data ids. */
export type DataRecords = ReturnType<typeof engine>['state']['tensorInfo'];

/** What it notes of one: who holds the data, their bytes, dtype and shape. */
export type DataRecord = NonNullable<ReturnType<DataRecords['get']>>;

/**
 * The data id of a storage, which leads to it without a table. Of an older storage, tensors alone hold it, so that V8 collects it
 * with the last of them, while the storage itself is still in its list.
 */
export class StorageId {
  readonly storage: Storage;
  /** What tfjs notes of it; see data-records.ts. */
  record: DataRecord | undefined = undefined;

  constructor(storage: Storage) {
    this.storage = storage;
  }
}

/**
 * Native memory, or strings on the host, or the two real tensors of a complex one. It is a link of the list of those that live,
 * so that keeping one takes no table.
 */
export class Storage {
  readonly owner: StorageList;
  dtype: DataType = 'float32';
  /** 0: it holds nothing, because it was freed or has moved to another device. */
  refCount = 0;
  handle: Handle | undefined = undefined;
  /** Its data id, until the addon watches that. */
  unwatched: DataId | undefined = undefined;
  elements = 0;
  /** Whether it is zeros that have no memory yet. */
  isBlank = false;
  /** Bytes of native memory that were taken for it. */
  bytes = 0;
  strings: Uint8Array[] | undefined = undefined;
  complex: { readonly real: TensorInfo; readonly imag: TensorInfo } | undefined = undefined;
  /** Whether it came from another device, so that a kernel that fails does not take it along. */
  moved = false;

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

  /** Those that were added after the one with this sequence, and live; some may be freed on the way. */
  *since(sequence: number): IterableIterator<Storage> {
    const found: Storage[] = [];
    for (let storage = this.newest; storage !== undefined && storage.sequence > sequence; storage = storage.previous) {
      found.push(storage);
    }
    for (const storage of found) if (storage.refCount > 0) yield storage;
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
