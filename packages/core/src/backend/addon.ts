// SPDX-License-Identifier: Apache-2.0
// An addon's exports as TypeScript sees them: the mirror of native/src/addon/addon.cc. There is one for the CPU, and one for
// the GPU with the same exports.

/** The integer behind which the addon keeps one tensor's memory. */
export type Handle = number;

/** The handle of an absent optional buffer. */
export const NO_BUFFER: Handle = -1;

/** How an argument of a kernel is written into the argument area. */
export type ArgumentType = 'buffer' | 'buffers' | 'integer' | 'number' | 'dims' | 'integers';

/** A kernel's name and its arguments in call order: buffers first, then parameters. */
export interface KernelDescription {
  readonly name: string;
  readonly arguments: readonly { readonly name: string; readonly type: ArgumentType }[];
}

/** Memory of the addon, in bytes except `buffers`. `inUse`, `cached`, `peak`, `limit` count the whole process. */
export interface NativeMemory {
  readonly buffers: number;
  readonly bytes: number;
  readonly inUse: number;
  readonly cached: number;
  readonly peak: number;
  readonly limit: number;
}

export interface NativeAddon {
  readonly version: string;
  readonly description: readonly KernelDescription[];
  /** Where the arguments of the next kernel call are written, as float64 numbers. */
  readonly argumentArea: ArrayBuffer;
  /** Each runs on the first `count` numbers of the argument area. */
  readonly kernels: Readonly<Record<string, (count: number) => void>>;

  allocate(bytes: number): Handle;
  release(handle: Handle): void;
  /** Copies a typed array of exactly the buffer's size into it. */
  write(handle: Handle, source: ArrayBufferView): void;
  /** Copies the buffer into a typed array of exactly its size. */
  read(handle: Handle, destination: ArrayBufferView): void;

  memory(): NativeMemory;
  /** Bytes that buffers may take; 0 restores what the machine has. */
  setMemoryLimit(bytes: number): void;
  trim(): void;

  /** What can run here, best first: CPU targets, or GPUs. */
  targets(): string[];
  target(): string;
  /** Why nothing can run here, in words; empty where something can. */
  problem(): string;
  /** The kernels that are not written for this device. */
  missingKernels(): string[];
  setTarget(name: string): boolean;
  /** What multiplies matrices, in words. */
  matmulLibrary(): string;
  /** False: the device cannot multiply so. */
  setMatmulPrecision(precision: string): boolean;
  threads(): number;
  /** 0 restores NABLA_THREADS or the processors of this process. */
  setThreads(threads: number): void;
}
