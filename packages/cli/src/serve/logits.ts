// SPDX-License-Identifier: Apache-2.0
// What a request sees of the logits of each token, and how it changes them: likeliest tokens, biases, penalties.

import { type LogitMask, largestTokens, logSumOfExponentials } from '@nabla/models';

/** A token that could have been written. */
export interface Alternative {
  readonly id: number;
  /** Logarithm of its probability. */
  readonly logProbability: number;
}

export interface LogitRequest {
  /** How many of the likeliest tokens are told. */
  readonly count: number;
  /** Added to the logits of tokens. */
  readonly bias: ReadonlyMap<number, number>;
  /** Subtracted once from the logits of tokens that were written. */
  readonly presencePenalty: number;
  /** Subtracted for every time that a token was written. */
  readonly frequencyPenalty: number;
}

/** The logits of one text that is written for a request. */
export class RequestLogits {
  readonly #request: LogitRequest;
  #likeliest: readonly Alternative[] = [];

  constructor(request: LogitRequest) {
    this.#request = request;
  }

  /** The likeliest tokens in the place of the last one that was chosen, before bias and penalties. */
  get likeliest(): readonly Alternative[] {
    return this.#likeliest;
  }

  /** What generation is given; undefined where a request asks for nothing of it. */
  get mask(): LogitMask | undefined {
    const { count, bias, presencePenalty, frequencyPenalty } = this.#request;
    if (count === 0 && bias.size === 0 && presencePenalty === 0 && frequencyPenalty === 0) return undefined;
    return (logits, { tokens, written }) => {
      if (count > 0) {
        const total = logSumOfExponentials(logits);
        this.#likeliest = largestTokens(logits, count).map((id) => ({
          id,
          logProbability: (logits[id] ?? NaN) - total,
        }));
      }
      for (const [id, value] of bias) logits[id] = (logits[id] ?? 0) + value;
      for (const id of new Set(tokens.slice(tokens.length - written))) {
        logits[id] = (logits[id] ?? 0) - presencePenalty;
      }
      for (const id of tokens.slice(tokens.length - written)) logits[id] = (logits[id] ?? 0) - frequencyPenalty;
    };
  }
}
