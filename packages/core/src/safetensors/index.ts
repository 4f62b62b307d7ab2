// SPDX-License-Identifier: Apache-2.0
// Files of named tensors in the safetensors format.

export type { FileType } from './format.ts';
export type { SafetensorsEntry, SafetensorsHeader } from './header.ts';
export { type Safetensors, readSafetensors, readSafetensorsHeader, readSafetensorsInto } from './read.ts';
export { type TensorSource, asFloatType, bytesOf } from './source.ts';
export { writeSafetensorsFrom } from './write-file.ts';
export { type WriteSafetensorsOptions, writeSafetensors } from './write.ts';
