// SPDX-License-Identifier: Apache-2.0
// What the rules of logits are told, and what a rule is.

/** What the rules of drawing are told. */
export interface DrawSettings {
  readonly temperature: number; // > 0
  readonly topK: number; // 0: all
  readonly topP: number; // 1: all
  readonly minP: number; // 0: all
  readonly typicalP: number; // 1: all
  readonly epsilonCutoff: number; // 0: all
  readonly etaCutoff: number; // 0: all
  /** Tokens that every rule leaves, at least; beams need more than one. */
  readonly leastKept: number;
}

/** What all rules are told; see {@link GenerationOptions}. */
export interface LogitSettings extends DrawSettings {
  readonly sequenceBias: readonly SequenceBias[];
  readonly encoderRepetitionPenalty: number; // 1: none
  readonly repetitionPenalty: number; // 1: none
  readonly presencePenalty: number; // 0: none
  readonly frequencyPenalty: number; // 0: none
  readonly noRepeatNgramSize: number; // 0: none
  readonly encoderNoRepeatNgramSize: number; // 0: none
  readonly badWords: readonly (readonly number[])[];
  readonly allowedTokens?: readonly number[] | undefined;
  readonly forbiddenTokens: readonly number[];
  /** Forbidden as the first new token. */
  readonly forbiddenFirst: readonly number[];
  /** The only first new token. */
  readonly forcedFirst?: number | undefined;
  /** The only tokens that a text of full length may end with. */
  readonly forcedLast: readonly number[];
  /** From which length on the end becomes likelier, and how fast. */
  readonly endGrowth?: { readonly from: number; readonly factor: number } | undefined;
  /** Whether what is no number is taken for one. */
  readonly repairLogits: boolean;
  readonly endTokens: readonly number[];
  readonly minimumNewTokens: number;
  readonly maximumNewTokens: number;
  readonly logitMask?: LogitMask | undefined;
}

/** A sequence of tokens, and what is added to the logit of its last one where the text has the others. */
export type SequenceBias = readonly [tokens: readonly number[], bias: number];

/** The text that a token is chosen for. */
export interface LogitContext {
  /** Prompt and new tokens, no padding; of an encoder-decoder, what the decoder has so far. */
  readonly tokens: readonly number[];
  /** The prompt; of an encoder-decoder, what the encoder has read. No padding. */
  readonly source: readonly number[];
  /** How many of the tokens are new. */
  readonly written: number;
  /** Which row of the batch. */
  readonly row: number;
}

/** Changes the logits of the next token in place, `[vocabulary]`; -Infinity forbids a token. */
export type LogitMask = (logits: Float32Array, context: LogitContext) => void;

/** A rule that holds however a token is chosen: changes logits in place. */
export interface Constraint {
  readonly name: string;
  readonly apply: (logits: Float32Array, settings: LogitSettings, context: LogitContext) => void;
}

/** A rule of drawing: changes logits in place. */
export interface Warper {
  readonly name: string;
  readonly apply: (logits: Float32Array, settings: DrawSettings) => void;
}
