// SPDX-License-Identifier: Apache-2.0
// Kernel calls that are made once by a program, and then again without it: for steps that repeat, such as those of a decoder.

import { NativeBackend } from './backend/native-backend.ts';
import type { Recorded } from './backend/native-recorder.ts';
import { checkSynchronous } from './check.ts';
import { NativeError } from './errors.ts';
import { isObserved } from './observe-kernels.ts';
import { backend } from './tf.ts';

/**
 * The kernel calls of functions that were run once, to be made again on the same buffers: a replay reads what the tensors that existed
 * before hold by then, and writes the tensors that the functions returned. It costs a microsecond a call, where a program costs ten, and on
 * cuda a launch for each function. Nothing else is repeated: values that the functions put into tensors stay those of the first time, and a
 * variable that was given other values since counts with the old ones, if they still live. A function that reads a tensor, or runs a kernel
 * that the device has not, throws; so does a replay when a tensor that it needs was disposed.
 *
 * @example
 * const x = tensor1d([1, 2]);
 * const recording = Recording.start(); // undefined on device js
 * const y = recording?.add(() => mul(x, 10));
 * recording?.stop();
 * copyInto(x, tensor1d([3, 4]), [0]);
 * recording?.replay(0);
 * y; // [30, 40]
 * recording?.dispose();
 */
export class Recording {
  private readonly native: NativeBackend;
  private readonly recorded: Recorded;

  private constructor(native: NativeBackend, recorded: Recorded) {
    this.native = native;
    this.recorded = recorded;
  }

  /** Undefined where nothing can be recorded: on device js, while another recording goes on, or somebody observes kernels. */
  static start(): Recording | undefined {
    const native = backend();
    if (!(native instanceof NativeBackend) || isObserved()) return undefined;
    const recorded = native.recorder.start();
    return recorded && new Recording(native, recorded);
  }

  /** Parts that were added. */
  get length(): number {
    return this.recorded.parts.length;
  }

  /** Whether its device is the active one, and nobody observes kernels: replays do not show them. */
  get canReplay(): boolean {
    return backend() === this.native && !isObserved();
  }

  /**
   * Runs a function and notes what it computes, as the next part.
   *
   * @throws {NativeError} it does more than compute (code `RECORDING`); what was noted has to be disposed
   * @throws {ArgumentError} it is asynchronous (code `ASYNC`)
   */
  add<T>(f: () => T): T {
    const result = this.native.recorder.add(this.recorded, f);
    const hint = 'What it does after its first await would not be recorded.';
    checkSynchronous('Recording.add', 'the function', result, hint);
    return result;
  }

  /** Ends the recording. What the functions returned stays the caller's, and has to live as long as it is replayed. */
  stop(): void {
    this.native.recorder.stop(this.recorded);
  }

  /**
   * Computes a part again.
   *
   * @returns whether the device did it as one piece of work: on cuda, a graph from the second replay on, as long as tensors stay where
   *   they are and indices are known to be good without a look
   * @throws {NativeError} a tensor that it needs was disposed (code `CONTRACT`); one that it changes has been cloned or reshaped since,
   *   and its other tensor lives, or a recording goes on (code `RECORDING`)
   */
  replay(part: number): boolean {
    const recorded = this.recorded.parts[part];
    if (recorded === undefined)
      throw new NativeError('RECORDING', `expected a part below ${this.length}, received ${part}.`);
    return this.native.recorder.replay(recorded, (data) => this.native.refCount(data) > 1);
  }

  /** Stops it, if it goes on, and frees the memory that replays need. */
  dispose(): void {
    this.native.recorder.forget(this.recorded);
  }
}
