// SPDX-License-Identifier: Apache-2.0
// Tensors from a file of PyTorch.

import { CONVERSIONS, type Values } from '../safetensors/convert.ts';
import { FILE_TYPES } from '../safetensors/format.ts';
import type { TensorSource } from '../safetensors/source.ts';
import { sizeOf } from '../shape.ts';
import { type Tensor, tensor } from '../tf.ts';
import { pickleError } from './errors.ts';
import { openPyTorch } from './open.ts';

/**
 * Reads the tensors of a file of `torch.save`, such as `model.pt` or `pytorch_model.bin`, without running anything in it. Types become
 * those of `readSafetensors`. Tensors that share their values in the file are tensors of their own. They belong to the caller.
 *
 * @throws {ArgumentError} the file cannot be read, is damaged, refers to anything but tensors, or holds an int64 that int32 cannot (code
 *   `PICKLE`)
 * @see {@link openPyTorch} for files that are larger than memory
 */
export async function readPyTorch(path: string): Promise<Record<string, Tensor>> {
  const { tensors } = await openPyTorch(path);
  const made = new Map<string, Tensor>();
  try {
    for (const [name, source] of Object.entries(tensors)) made.set(name, await readTensor(path, name, source));
  } catch (error) {
    for (const orphan of made.values()) orphan.dispose();
    throw error;
  }
  return Object.fromEntries(made);
}

async function readTensor(file: string, name: string, { dtype: type, shape, pieces }: TensorSource): Promise<Tensor> {
  const { bytes: width, dtype } = FILE_TYPES[type];
  const values = allocate(file, name, dtype, sizeOf(shape));
  let filled = 0;
  for await (const { buffer, length } of pieces()) {
    const wrong = CONVERSIONS[type](buffer as ArrayBuffer, length / width, values, filled);
    if (wrong !== undefined) {
      const hint = 'Save the tensor in another type.';
      throw pickleError({ file, tensor: name, expected: `to fit ${dtype}`, received: wrong, hint });
    }
    filled += length / width;
  }
  return tensor(values, [...shape], dtype);
}

function allocate(file: string, name: string, dtype: 'float32' | 'int32' | 'bool', size: number): Values {
  try {
    if (dtype === 'float32') return new Float32Array(size);
    return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
  } catch (error) {
    const hint = 'Free memory, or split the file.';
    const received = `${size} elements`;
    throw pickleError({ file, tensor: name, expected: 'to fit in memory', received, hint }, error);
  }
}
