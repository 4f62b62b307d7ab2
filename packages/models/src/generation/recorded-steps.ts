// SPDX-License-Identifier: Apache-2.0
// Steps of a decoder that are alike but for their token: one is recorded, and those after it are replayed, without their program.

import { NativeError, Recording, type Tensor, copyInto, dispose, keep, noGrad, scope, tensor1d } from '@nabla/core';
import type { Module } from '@nabla/layers';

import type { KeyValueCache } from './cache.ts';
import { type LayeredPass, type PassState, takePass } from './layered-pass.ts';
import { Turns } from './turns.ts';

/** Runs a step of a pass as the model has to stand meanwhile. */
export type During = <T>(step: () => T) => T;

/** What the layers of one pass computed. */
interface RecordedPass {
  readonly recording: Recording;
  /**
   * What the first step gave, which is not recorded: others are made from the next token, and copied into these. Undefined: somebody
   * else's, such as a mask of what an encoder read, which stays.
   */
  readonly inputs: readonly (Tensor | undefined)[];
  /** int32 `[1]`: the time in the cache. */
  readonly time: Tensor;
  readonly output: Tensor;
}

/**
 * Takes the steps of a decoding, each of one token for each row. A step like the one before, into the same memory, is recorded; those
 * after it are replayed until the cache grows or its rows are put in another order. The embeddings, masks and rotations, which the first
 * step of a pass makes, are computed each time. What a replay computes is what the program would: the same kernels, of the same
 * numbers. Not recorded are models with forward hooks, and kernels that somebody observes.
 */
export class RecordedSteps {
  private readonly cache: KeyValueCache;
  private readonly modules: readonly Module[];
  private readonly during: During;
  private pass: RecordedPass | undefined;
  /** What the step before was like. */
  private before = '';

  constructor(cache: KeyValueCache, modules: readonly Module[], during: During) {
    this.cache = cache;
    this.modules = modules;
    this.during = during;
  }

  /**
   * Takes a step by recording or replaying it.
   *
   * @param start begins the pass
   * @param use   makes something of its states, as the last part of it
   * @returns     what `use` gives, which stays the steps'; undefined: the step has to be taken otherwise
   */
  async take(
    rows: number,
    start: () => LayeredPass,
    use: (states: Tensor) => Tensor,
    turns: Turns,
  ): Promise<Tensor | undefined> {
    const { cache, before } = this;
    const isLikeBefore = this.kind(rows) === before && cache.hasRoom(1);
    this.before = '';
    if (!isLikeBefore || this.modules.some((module) => module.hasForwardHooks)) {
      this.dispose();
      return undefined;
    }
    if (this.pass?.recording.canReplay === true) return this.replay(this.pass, start(), turns);
    return this.record(start(), use);
  }

  /** To be called after each step, however it was taken. */
  taken(rows: number): void {
    this.before = this.kind(rows);
  }

  dispose(): void {
    const { pass } = this;
    this.pass = undefined;
    pass?.recording.dispose();
    dispose(pass?.inputs, pass?.time, pass?.output);
  }

  private kind(rows: number): string {
    return `${rows} rows in memory ${this.cache.revision}`;
  }

  private async record(pass: LayeredPass, use: (states: Tensor) => Tensor): Promise<Tensor | undefined> {
    const { cache, during } = this;
    this.dispose();
    const recording = Recording.start();
    if (recording === undefined) return undefined;
    const past = cache.time;
    const time = keep(tensor1d([past], 'int32'));
    let inputs: readonly (Tensor | undefined)[] = [];
    try {
      inputs = this.first(pass, (made) => made.map((tensor) => (tensor.kept ? undefined : keep(tensor))));
      cache.writeAt(time);
      const add = <T>(step: () => T): T => recording.add(() => during(step));
      const output = await takePass(pass, new Turns(() => 0), (states) => keep(use(states)), add);
      this.pass = { recording, inputs, time, output };
      return output;
    } catch (error) {
      recording.stop();
      recording.dispose();
      dispose(inputs, time);
      if (!(error instanceof NativeError && error.code === 'RECORDING')) throw error;
      cache.truncate(past);
      return undefined;
    } finally {
      cache.writeAt(undefined);
      recording.stop();
    }
  }

  private async replay(
    { recording, inputs, time, output }: RecordedPass,
    pass: LayeredPass,
    turns: Turns,
  ): Promise<Tensor | undefined> {
    const write = (made: readonly Tensor[]): void => {
      for (const [i, tensor] of made.entries()) overwrite(inputs[i], tensor);
      overwrite(time, tensor1d([this.cache.time], 'int32'));
    };
    this.first(pass, write);
    pass.return(output); // its layers are not asked
    try {
      for (let part = 0; part < recording.length; part++) {
        recording.replay(part);
        if (part < recording.length - 2) await turns.afterStep();
        else if (part === recording.length - 2) await turns.beforeLast();
      }
    } catch (error) {
      if (!(error instanceof NativeError && error.code === 'CONTRACT')) throw error;
      this.dispose(); // a weight has been replaced
      return undefined;
    }
    this.cache.advance(1);
    return output;
  }

  /** Takes the first step of a pass, and what `use` makes of what it gives. */
  private first<T>(pass: LayeredPass, use: (made: readonly Tensor[]) => T): T {
    return this.during(() =>
      scope(() =>
        noGrad(() => {
          const { x, rest = [] } = pass.next().value as PassState;
          return use([x, ...rest].filter((tensor) => tensor !== undefined));
        }),
      ),
    );
  }
}

function overwrite(target: Tensor | undefined, source: Tensor): void {
  if (target === undefined) return;
  const begin = target.shape.map(() => 0);
  copyInto(target, source, begin);
}
