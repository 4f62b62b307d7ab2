// SPDX-License-Identifier: Apache-2.0
// What a pickle of tensors may consist of.

import type { FileType } from '../safetensors/format.ts';

/** A Python list; a tuple is a plain array. */
export class PickledList {
  readonly items: PickleValue[] = [];
}

/** A Python dict or OrderedDict, in its order. Where a key stands twice, the later value counts. */
export class PickledDict {
  readonly entries: [PickleValue, PickleValue][] = [];

  get(key: string): PickleValue | undefined {
    return this.entries.findLast(([name]) => name === key)?.[1];
  }
}

/** A Python name, such as `torch.FloatStorage`; only names that are known get this far. */
export class PickledName {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A flat array of values that lie elsewhere in the file. */
export class PickledStorage {
  readonly dtype: FileType;
  readonly key: string;
  readonly count: number; // elements

  constructor(dtype: FileType, key: string, count: number) {
    this.dtype = dtype;
    this.key = key;
    this.count = count;
  }
}

/** A tensor: element `[i, j]` is element `offset + i * strides[0] + j * strides[1]` of its storage. */
export class PickledTensor {
  readonly storage: PickledStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: PickledStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly PickleValue[]
  | PickledList
  | PickledDict
  | PickledName
  | PickledStorage
  | PickledTensor;

/** What kind of value this is, for errors. */
export function kindOf(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (value instanceof PickledList) return 'a list';
  if (value instanceof PickledDict) return 'a dict';
  if (value instanceof PickledName) return value.name;
  if (value instanceof PickledStorage) return 'a storage';
  if (value instanceof PickledTensor) return 'a tensor';
  if (typeof value === 'object') return 'a tuple';
  return typeof value === 'string' ? 'text' : `the ${typeof value} ${value.toString()}`;
}
