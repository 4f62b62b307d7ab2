// SPDX-License-Identifier: Apache-2.0
// Kernel calls of a native device that can be made again, and the memory that they need for it.

import { NativeError } from '../errors.ts';
import type { DataId } from '../tf.ts';
import type { Handle, NativeAddon } from './addon.ts';
import { guardNative } from './run-kernel.ts';

/** What one function was recorded as. */
export interface RecordedPart {
  /** The addon's number of it. */
  readonly number: number;
  /** What it changes in place, and must share its memory with nobody when it is made again. */
  readonly changed: Set<DataId>;
}

/** What was recorded. */
export interface Recorded {
  readonly parts: RecordedPart[];
  /** The buffers that were made meanwhile. */
  readonly made: Set<Handle>;
  /** Those of them that nobody has any more, with their bytes: a replay still writes them. */
  readonly held: [Handle, number][];
}

/** One recording at a time, of calls and of the buffers that are made for them. */
export class NativeRecorder {
  private readonly addon: NativeAddon;
  private readonly release: (handle: Handle, bytes: number) => void;
  private recording: Recorded | undefined;
  /** Whether kernel calls are being noted. */
  private notes = false;

  /** `release` gives a buffer back. */
  constructor(addon: NativeAddon, release: (handle: Handle, bytes: number) => void) {
    this.addon = addon;
    this.release = release;
  }

  /** From here on parts can be recorded. Undefined: another recording goes on. */
  start(): Recorded | undefined {
    if (this.recording !== undefined) return undefined;
    this.recording = { parts: [], made: new Set(), held: [] };
    return this.recording;
  }

  /** Runs `f` and notes its kernel calls. */
  add<T>(recorded: Recorded, f: () => T): T {
    if (this.recording !== recorded) throw new NativeError('RECORDING', 'the recording has been stopped.');
    this.refuse('record');
    recorded.parts.push({ number: this.addon.startRecording(), changed: new Set() });
    this.notes = true;
    try {
      return f();
    } finally {
      this.notes = false;
      this.addon.stopRecording();
    }
  }

  stop(recorded: Recorded): void {
    if (this.recording === recorded) this.recording = undefined;
  }

  /** Makes the calls of a part again; whether as one piece of work. `isShared` tells of data whether several tensors hold it. */
  replay({ number, changed }: RecordedPart, isShared: (data: DataId) => boolean): boolean {
    this.refuse('replay');
    for (const data of changed) {
      if (isShared(data))
        throw new NativeError(
          'RECORDING',
          'a tensor that it changes in place has come to share its memory with another.',
        );
    }
    return guardNative(this.addon, 'replay', () => this.addon.replay(number));
  }

  forget(recorded: Recorded): void {
    this.stop(recorded);
    for (const { number } of recorded.parts.splice(0)) this.addon.forgetRecording(number);
    for (const [handle, bytes] of recorded.held.splice(0)) this.release(handle, bytes);
  }

  /** @throws {NativeError} kernel calls are noted, in which `what` would be missing (code `RECORDING`) */
  refuse(what: string): void {
    if (this.notes) throw new NativeError('RECORDING', `what is recorded cannot ${what}: kernels alone are run again.`);
  }

  /** Takes note of data that is changed in place. */
  noteChanged(data: DataId): void {
    if (this.notes) this.recording?.parts.at(-1)?.changed.add(data);
  }

  /** Takes note of a buffer that was made. */
  noteMade(handle: Handle): void {
    if (this.notes) this.recording?.made.add(handle);
  }

  /** Holds a buffer that is given up, if a replay needs it; whether it does. */
  hold(handle: Handle, bytes: number): boolean {
    const { recording } = this;
    if (recording?.made.has(handle) !== true) return false;
    recording.held.push([handle, bytes]);
    return true;
  }
}
