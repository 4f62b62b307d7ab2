// SPDX-License-Identifier: Apache-2.0
// The options of every command that writes: how many tokens, and how each is chosen.

import type { Command } from '@commander-js/extra-typings';
import { Generator } from '@nabla/core';
import type { GenerationOptions } from '@nabla/models';

import { integer, number } from './options.ts';

/** What {@link addDrawingOptions} adds. */
export interface DrawingOptions {
  readonly tokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly topK?: number | undefined;
  readonly topP?: number | undefined;
  readonly minP?: number | undefined;
  readonly repetitionPenalty?: number | undefined;
  readonly greedy?: true | undefined;
  readonly seed?: number | undefined;
}

/**
 * Adds the options of writing to a command that has nothing yet. Were it to take any command, by a type parameter, the types of the options
 * would stay open, and TypeScript would not come to an end.
 */
export function addDrawingOptions(command: Command) {
  return command
    .option('--tokens <n>', 'how many tokens to write, at most', integer(1))
    .option('--temperature <t>', 'below 1 bolder, above 1 more varied; 0: always the likeliest', number)
    .option('--top-k <k>', 'draw among the k likeliest only; 0: among all', integer(0))
    .option('--top-p <p>', 'draw among the likeliest that have probability p together', number)
    .option('--min-p <p>', 'draw among those at least p times as probable as the likeliest', number)
    .option('--repetition-penalty <x>', 'above 1: rather not what the text has already', number)
    .option('--greedy', 'always the likeliest token')
    .option('--seed <n>', 'of the draw', integer(0));
}

/** What these options mean for a published model. */
export function drawing({ seed, greedy, ...options }: DrawingOptions): GenerationOptions {
  const { temperature, topK, topP, minP, repetitionPenalty } = options;
  return {
    ...{ temperature, topK, topP, minP, repetitionPenalty },
    ...(seed !== undefined && { generator: new Generator(seed) }),
    ...(greedy === true && { sample: false }),
  };
}
