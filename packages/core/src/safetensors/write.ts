// SPDX-License-Identifier: Apache-2.0
// Writes tensors to safetensors files.

import { checkDtype, checkOneOf, checkOptions, checkTensor } from '../check.ts';
import { describeValue } from '../describe-value.ts';
import { ArgumentError } from '../errors.ts';
import type { Tensor } from '../tf.ts';
import type { Values } from './convert.ts';
import { STORABLE, encoded } from './encode.ts';
import type { FileType, TensorType } from './format.ts';
import type { TensorSource } from './source.ts';
import { writeSafetensorsFrom } from './write-file.ts';

const OP = 'writeSafetensors';

/** How the values of tensors are stored. */
export interface WriteSafetensorsOptions {
  /** The type of float32 tensors in the file; F16 and BF16 are rounded to the nearest value, ties to even. Default: F32. */
  readonly dtype?: 'F32' | 'F16' | 'BF16' | 'F64';
  /** The type of int32 tensors in the file; I64 is what PyTorch takes for ids. Default: I32. */
  readonly integerDtype?: 'I32' | 'I64' | 'U8';
  /** The type of single tensors, by name. */
  readonly dtypes?: Readonly<Record<string, FileType>>;
}

/**
 * Writes tensors to a file that PyTorch and Hugging Face read: float32 as F32, int32 as I32 (or as the options say), bool as
 * BOOL; in the given order, except that types of fewer bytes come later, so that all values are aligned. One tensor's values are
 * in memory at a time. The file appears under its name only when it is complete and on the disk; until then, and on any error,
 * the previous one stays as it was.
 *
 * @param tensors   tensors by name; any name but `__metadata__`
 * @param metadata  free text by name, such as `{ format: 'pt' }`, which Hugging Face's transformers asks for
 * @param options   types of the values in the file; see {@link WriteSafetensorsOptions}
 * @throws {DTypeError} a tensor is neither float32 nor int32 nor bool
 * @throws {ArgumentError} a value is no tensor (code `TENSOR`), a number is finite but too great for the type in the file, or the
 *   file cannot be written (code `SAFETENSORS`)
 * @see https://huggingface.co/docs/safetensors
 * @example
 * await writeSafetensors('half.safetensors', { x: tensor1d([1, 0.1]) }, {}, { dtype: 'F16' });
 * (await readSafetensors('half.safetensors')).tensors.x; // [1, 0.0999756]
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
  options: WriteSafetensorsOptions = {},
): Promise<void> {
  const entries = entriesOf(tensors, storedAs(options), options.dtypes ?? {});
  const sources = entries.map((entry): [string, TensorSource] => [entry.name, sourceOf(entry)]);
  await writeSafetensorsFrom(path, Object.fromEntries(sources), metadata);
}

interface Entry {
  readonly name: string;
  readonly tensor: Tensor;
  /** In the file. */
  readonly type: FileType;
}

function storedAs(options: WriteSafetensorsOptions): Readonly<Record<string, FileType>> {
  checkOptions(OP, options, ['dtype', 'integerDtype', 'dtypes']);
  const { dtype = 'F32', integerDtype = 'I32', dtypes = {} } = options;
  if (typeof dtypes !== 'object') {
    const hint = 'Did you mean "dtype"?';
    const received = describeValue(dtypes);
    throw new ArgumentError({ op: OP, argument: 'dtypes', expected: 'to be types by name', received, hint });
  }
  checkOneOf(OP, 'dtype', dtype, STORABLE.float32);
  checkOneOf(OP, 'integerDtype', integerDtype, STORABLE.int32);
  const types: Record<TensorType, FileType> = { float32: dtype, int32: integerDtype, bool: 'BOOL' };
  return types;
}

function entriesOf(
  tensors: Readonly<Record<string, Tensor>>,
  types: Readonly<Record<string, FileType>>,
  chosen: Readonly<Record<string, FileType>>,
): Entry[] {
  return Object.entries(tensors).map(([name, tensor]): Entry => {
    checkTensor(OP, `"${name}"`, tensor);
    checkDtype(OP, `"${name}"`, tensor, ...Object.keys(types));
    const type = Object.hasOwn(chosen, name) ? chosen[name] : types[tensor.dtype];
    checkOneOf(OP, `the type of "${name}"`, type, STORABLE[tensor.dtype as TensorType]);
    return { name, tensor, type };
  });
}

function sourceOf(entry: Entry): TensorSource {
  const { tensor, type } = entry;
  return {
    dtype: type,
    shape: tensor.shape,
    async *pieces() {
      yield* encoded(await valuesOf(entry), type, refuse(entry));
    },
  };
}

async function valuesOf({ name, tensor }: Entry): Promise<Values> {
  if (tensor.isDisposed) {
    const mismatch = { op: OP, argument: `"${name}"`, expected: 'to be alive', received: 'a disposed tensor' };
    throw new ArgumentError(mismatch, 'SAFETENSORS');
  }
  return tensor.data();
}

/** What is thrown for an element that the type in the file cannot hold. */
function refuse({ name, tensor, type }: Entry): (index: number) => never {
  return (index) => {
    const received = `${String(tensor.dataSync()[index])} at element ${index}`;
    const hint = 'Choose another type: BF16 and F32 reach further than F16, I32 and I64 than U8.';
    const mismatch = { op: OP, argument: `tensor "${name}"`, expected: `to fit ${type}`, received, hint };
    throw new ArgumentError(mismatch, 'SAFETENSORS');
  };
}
