// SPDX-License-Identifier: Apache-2.0
// What tfjs' engine notes of every data id, kept in the id itself where it is one of ours.

import { ArgumentError } from '../errors.ts';
import type { DataId } from '../tf.ts';
import { type DataRecord, type DataRecords, StorageId } from './storage.ts';

/**
 * Takes the place of the engine's WeakMap. Each op adds an entry to that map and each tensor that is freed takes one out, so that it
 * is hashed and grown without end, and V8 walks through it at every collection: a tenth of the time of a small network's op.
 */
export class DataRecordsInIds implements DataRecords {
  readonly [Symbol.toStringTag] = 'DataRecordsInIds';
  /** Those of other data ids. */
  private readonly others: DataRecords;

  constructor(others: DataRecords) {
    this.others = others;
  }

  /** @throws {ArgumentError} there is none: its tensors have been disposed (code `DISPOSED`) */
  get(id: DataId): DataRecord {
    const record = id instanceof StorageId ? id.record : this.others.get(id);
    if (record !== undefined) return record;
    const hint =
      'What scope, valueAndGrad or optimizer.step computes is freed when it returns: return it from there, or keep() it.';
    const [expected, received] = ['that was not disposed', 'one that was'];
    throw new ArgumentError({ op: 'tensor', argument: 'a tensor', expected, received, hint }, 'DISPOSED');
  }

  has(id: DataId): boolean {
    return id instanceof StorageId ? id.record !== undefined : this.others.has(id);
  }

  set(id: DataId, record: DataRecord): this {
    if (id instanceof StorageId) id.record = record;
    else this.others.set(id, record);
    return this;
  }

  delete(id: DataId): boolean {
    const had = this.has(id);
    if (id instanceof StorageId) id.record = undefined;
    else this.others.delete(id);
    return had;
  }
}
