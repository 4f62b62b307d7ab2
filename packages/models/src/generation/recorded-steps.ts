// SPDX-License-Identifier: Apache-2.0
// Steps of a decoder that are alike but for their token: one is recorded, and those after it are replayed, without their program.

import { NablaError, Recording, type Tensor, copyInto, dispose, keep, noGrad, scope, tensor1d } from '@nabla/core';
import type { Module } from '@nabla/layers';

import type { KeyValueCache } from './cache.ts';
import { type During, type LayeredPass, type PassState, takePass } from './layered-pass.ts';
import type { Turns } from './turns.ts';

/** What the first step of a pass gives: its states, then masks, rotations and the like. */
type Given = readonly (Tensor | undefined)[];

/** What the layers of one pass computed. */
interface RecordedPass {
  readonly recording: Recording;
  /**
   * What the first step gave, which is not recorded: others are made from the next token, and copied into these. Undefined where there was
   * nothing, or somebody else's, such as a mask of what an encoder read, which stays.
   */
  readonly inputs: Given;
  /** Their dtypes and shapes, which those of the next token have to have. */
  readonly kinds: string;
  /** int32 `[1]`: the time in the cache. */
  readonly time: Tensor;
  readonly output: Tensor;
  /** Where the values of all weights were. */
  readonly dataIds: readonly object[];
}

/**
 * Takes the steps of a decoding, each of one token for each row. A step like the one before, into the same memory, is recorded; those
 * after it are replayed, until the cache grows or has another number of rows, a weight is replaced, or somebody hooks in or
 * observes. The embeddings, masks and rotations, which the first step of a pass makes, are computed each time. What a replay computes is
 * what the program would: the same kernels, of the same numbers.
 */
export class RecordedSteps {
  private readonly cache: KeyValueCache;
  private readonly modules: readonly Module[];
  private readonly weights: readonly Tensor[];
  private readonly during: During;
  private pass: RecordedPass | undefined;
  /** What the step before was like. */
  private before: { readonly rows: number; readonly memory: Tensor | undefined } | undefined;
  /** Until a step could not be recorded: the next ones could not either. */
  private mayRecord = true;

  constructor(cache: KeyValueCache, modules: readonly Module[], during: During) {
    this.cache = cache;
    this.modules = modules;
    this.weights = modules.flatMap((module) => Array.from(module.namedOwnState(), ([, weight]) => weight));
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
    const { cache, before, weights, pass } = this;
    const isLikeBefore = before?.rows === rows && before.memory === cache.memory && cache.hasRoom(1);
    this.before = undefined;
    if (!isLikeBefore || !this.mayRecord || this.modules.some((module) => module.hasForwardHooks)) {
      this.dispose();
      return undefined;
    }
    const isAsRecorded =
      pass?.recording.canReplay === true && weights.every((one, i) => one.dataId === pass.dataIds[i]);
    try {
      return await (isAsRecorded ? this.replay(pass, start(), turns) : this.record(start(), use, turns));
    } catch (error) {
      this.dispose();
      if (!isRefusal(error)) throw error;
      this.mayRecord = false;
      return undefined;
    }
  }

  /** To be called after each step, however it was taken. */
  taken(rows: number): void {
    this.before = { rows, memory: this.cache.memory };
  }

  dispose(): void {
    const { pass } = this;
    this.pass = undefined;
    pass?.recording.dispose();
    dispose(pass?.inputs, pass?.time, pass?.output);
  }

  private async record(pass: LayeredPass, use: (states: Tensor) => Tensor, turns: Turns): Promise<Tensor | undefined> {
    const { cache, during } = this;
    this.dispose();
    const recording = Recording.start();
    if (recording === undefined) return undefined;
    const past = cache.time;
    const time = keep(tensor1d([past], 'int32'));
    let inputs: Given = [];
    try {
      let kinds = '';
      this.first(pass, (given) => {
        kinds = kindsOf(given);
        inputs = given.map((tensor) => (tensor?.kept === false ? keep(tensor) : undefined));
      });
      cache.writeAt(time);
      const add = <T>(step: () => T): T => recording.add(() => during(step));
      const output = await takePass(pass, turns, (states) => keep(use(states)), add);
      recording.stop();
      const dataIds = this.weights.map(({ dataId }) => dataId);
      this.pass = { recording, inputs, kinds, time, output, dataIds };
      return output;
    } catch (error) {
      recording.dispose();
      dispose(inputs, time);
      cache.truncate(past); // it may have come as far as to advance
      throw error;
    } finally {
      cache.writeAt(undefined);
    }
  }

  private async replay(
    { recording, inputs, kinds, time, output }: RecordedPass,
    pass: LayeredPass,
    turns: Turns,
  ): Promise<Tensor | undefined> {
    const fits = this.first(pass, (given) => {
      if (kindsOf(given) !== kinds) return false;
      for (const [i, tensor] of given.entries()) overwrite(inputs[i], tensor);
      overwrite(time, tensor1d([this.cache.time], 'int32'));
      return true;
    });
    pass.return(output); // its layers are not asked
    if (!fits) {
      this.dispose();
      return undefined;
    }
    for (let part = 0; part < recording.length; part++) {
      recording.replay(part);
      if (part < recording.length - 2) await turns.afterStep();
      else if (part === recording.length - 2) await turns.beforeLast();
    }
    this.cache.advance(1);
    return output;
  }

  /** Takes the first step of a pass, and what `use` makes of what it gives. */
  private first<T>(pass: LayeredPass, use: (given: Given) => T): T {
    return this.during(() =>
      scope(() =>
        noGrad(() => {
          const { x, rest = [] } = pass.next().value as PassState;
          return use([x, ...rest]);
        }),
      ),
    );
  }
}

/** What the program of a step can do where it cannot be recorded or replayed: it needs less memory, and may do more than compute. */
function isRefusal(error: unknown): boolean {
  return error instanceof NablaError && ['RECORDING', 'CONTRACT', 'OUT_OF_MEMORY'].includes(error.code);
}

function kindsOf(given: Given): string {
  return given.map((tensor) => tensor && `${tensor.dtype} ${tensor.shape.join()}`).join(';');
}

function overwrite(target: Tensor | undefined, source: Tensor | undefined): void {
  if (target === undefined || source === undefined) return;
  const begin = target.shape.map(() => 0);
  copyInto(target, source, begin);
}
