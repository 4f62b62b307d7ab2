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

/** The blocks of one size. */
export interface SizeClass {
  /** Of one block. */
  readonly bytes: number;
  /** Blocks handed out. */
  readonly inUse: number;
  /** Blocks free and kept for reuse. */
  readonly cached: number;
}

/** Memory of the addon. What is not said to be of this thread is of the whole process. */
export interface NativeMemory {
  /** Living buffers of this thread. */
  readonly buffers: number;
  /** Their bytes, as asked for. */
  readonly bytes: number;
  /** Bytes handed out to buffers and kernels, each request rounded up. */
  readonly inUse: number;
  /** Bytes free and kept for reuse; `trimMemory` gives them back to the system. */
  readonly cached: number;
  /** The most bytes that were in use at once, since the start or `resetPeakMemory`. */
  readonly peak: number;
  /** Bytes that may be in use; 0 where NABLA_MEMORY_LIMIT cannot be understood. */
  readonly limit: number;
  /** The sizes that have blocks, the smallest first. */
  readonly sizeClasses: readonly SizeClass[];
}

export interface NativeAddon {
  readonly version: string;
  readonly description: readonly KernelDescription[];
  /** Where the arguments of the next kernel call are written, as float64 numbers. */
  readonly argumentArea: ArrayBuffer;
  /** Each runs on the first `count` numbers of the argument area. */
  readonly kernels: Readonly<Record<string, (count: number) => void>>;

  /** Where activations are stored as bf16, the first kernel that writes it chooses how it is stored. */
  allocate(bytes: number): Handle;
  /** So many bytes of float32 zeros that are stored as bf16, in half of them. */
  allocateBfloat16(bytes: number): Handle;
  /** The owner is held weakly; once it is collected, the handle is among the `forgotten`. */
  watch(handle: Handle, owner: object): void;
  release(handle: Handle): void;
  /** Copies a typed array of exactly the buffer's size into it. */
  write(handle: Handle, source: ArrayBufferView): void;
  /** Stores a buffer of float32 as bf16, rounded, until a kernel writes it. */
  storeAsBfloat16(handle: Handle): void;
  /** Rounds a buffer of float32 into one that is stored as bf16, from element `start` on; false: the target is not. */
  writeRounded(target: Handle, source: Handle, start: number): boolean;
  /**
   * Whether it is known, without a look, that each int32 of the buffer is from 0 to `bound - 1`, or is `ignored`, which is meant only
   * where it is negative.
   */
  areIndices(handle: Handle, bound: number, ignored: number): boolean;
  /** Copies the buffer into a typed array of exactly its size; what is stored as bf16 becomes float32. */
  read(handle: Handle, destination: ArrayBufferView): void;
  /** The same without waiting: a promise that the array will hold what the buffer holds now; undefined where it does already. */
  readLater(handle: Handle, destination: ArrayBufferView): Promise<void> | undefined;

  /** From here on kernel calls are noted, until {@link stopRecording}; the number under which they can be made again. */
  startRecording(): number;
  stopRecording(): void;
  /** Makes all calls of a recording again, on the same buffers; each is checked anew. Whether the device did them as one piece of work. */
  replay(recording: number): boolean;
  forgetRecording(recording: number): void;

  memory(): NativeMemory;
  /** Bytes that buffers may take; 0 restores what the machine has. */
  setMemoryLimit(bytes: number): void;
  trim(): void;
  resetPeak(): void;
  /** For tests: every allocation after `successes` more fails; without a number, none does. */
  failAllocationsAfter(successes?: number): void;

  /** Handles of living buffers of this thread whose owner was collected. */
  forgotten(): Handle[];
  /** Makes V8 collect garbage now. */
  collectGarbage(): void;
  /** Tells V8 by how many bytes the memory outside of its heap has changed that its objects keep. */
  reportExternalMemory(change: number): void;

  /** What can run here, best first: CPU targets, or GPUs. */
  targets(): string[];
  target(): string;
  /** Why nothing can run here, in words; empty where something can. */
  problem(): string;
  /** The kernels that are not written for this device. */
  missingKernels(): string[];
  /** How often a kernel of this process waited for the device to look at its indices. */
  indexLooks(): number;
  setTarget(name: string): boolean;
  /** What multiplies matrices, in words. */
  matmulLibrary(): string;
  /** False: the device cannot multiply so. */
  setMatmulPrecision(precision: string): boolean;
  matmulPrecision(): string;
  /** What {@link setMatmulPrecision} takes; where there are several ways to multiply in bf16, `bf16` is the best, and each has a name. */
  matmulPrecisions(): string[];
  /** Whether kernels store what they compute as bf16 where they can. False: the device cannot. */
  storeActivationsAsBfloat16(wanted: boolean): boolean;
  storesActivationsAsBfloat16(): boolean;
  threads(): number;
  /** 0 restores NABLA_THREADS or the processors of this process. */
  setThreads(threads: number): void;
}
