// SPDX-License-Identifier: Apache-2.0
// What the safetensors format fixes: element types, limits, and how a file that breaks its rules is refused.

import { ArgumentError, NablaError } from '../errors.ts';

/** Element types as a file names them, of those that Nabla reads. */
export type FileType = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'U8' | 'BOOL';

/** Element types of the tensors that are made from a file. */
export type TensorType = 'float32' | 'int32' | 'bool';

/** Bytes of one element in a file, and what becomes of it. */
export const FILE_TYPES: Readonly<Record<FileType, { readonly bytes: number; readonly dtype: TensorType }>> = {
  F64: { bytes: 8, dtype: 'float32' },
  F32: { bytes: 4, dtype: 'float32' },
  F16: { bytes: 2, dtype: 'float32' },
  BF16: { bytes: 2, dtype: 'float32' },
  I64: { bytes: 8, dtype: 'int32' },
  I32: { bytes: 4, dtype: 'int32' },
  U8: { bytes: 1, dtype: 'int32' },
  BOOL: { bytes: 1, dtype: 'bool' },
};

/** Bytes before the header: its length, a 64-bit little-endian integer. */
export const LENGTH_BYTES = 8;

/** The longest header that readers accept. */
export const MAXIMUM_HEADER_BYTES = 100_000_000;

/** The header's name for what is no tensor. */
export const METADATA = '__metadata__';

/** What is wrong with a file, or with one tensor in it. */
export interface Defect {
  readonly file: string;
  readonly tensor?: string;
  readonly expected: string;
  readonly received: string;
  readonly hint?: string;
}

const DAMAGED = 'The file is damaged or incomplete: fetch or save it again.';

/** The words of the error of a file of tensors, of any format. */
export function describeDefect(op: string, defect: Defect): ConstructorParameters<typeof ArgumentError>[0] {
  const { file, tensor, hint = DAMAGED } = defect;
  const argument = tensor === undefined ? `"${file}"` : `tensor "${tensor}" of "${file}"`;
  return { op, argument, ...defect, hint };
}

/** The error of a file that breaks the format's rules. */
export function formatError(defect: Defect): ArgumentError {
  return new ArgumentError(describeDefect('readSafetensors', defect), 'SAFETENSORS');
}

/** The error of a file that the system refuses to read or write; any other error stays itself. */
export function fileError(op: string, file: string, purpose: string, error: unknown, hint?: string): unknown {
  const system = typeof error === 'object' && error !== null && 'syscall' in error && 'message' in error;
  if (!system || error instanceof NablaError) return error;
  const mismatch = {
    op,
    argument: `"${file}"`,
    expected: `to be ${purpose}`,
    received: String(error.message),
    hint,
    file,
  };
  return new ArgumentError(mismatch, 'SAFETENSORS', { cause: error });
}
