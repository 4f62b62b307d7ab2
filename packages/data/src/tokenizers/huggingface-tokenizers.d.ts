// SPDX-License-Identifier: Apache-2.0
// What we use of @huggingface/tokenizers, typed here: its own declarations import one another without file extensions, which
// Node's resolution of ES modules does not find.

declare module '@huggingface/tokenizers' {
  /** Words to tokens of the vocabulary. */
  interface Model {
    encode(words: string[]): string[];
  }
  export class BPE implements Model {
    constructor(config: {
      vocab: Readonly<Record<string, number>>;
      merges: readonly (readonly [string, string])[];
      unk_token?: string | undefined;
      end_of_word_suffix?: string | undefined;
      byte_fallback?: boolean;
      ignore_merges?: boolean;
    });
    encode(words: string[]): string[];
  }
  export class WordPiece implements Model {
    constructor(config: {
      vocab: Readonly<Record<string, number>>;
      unk_token: string;
      continuing_subword_prefix: string;
      max_input_chars_per_word: number;
    });
    encode(words: string[]): string[];
  }
  export class Unigram implements Model {
    constructor(
      config: { vocab: readonly (readonly [string, number])[]; unk_id: number },
      eosToken: string | undefined,
    );
    encode(words: string[]): string[];
  }
  /** Holds a pattern of the Rust library as JavaScript writes it. */
  export class SplitPreTokenizer {
    constructor(config: { type: 'Split'; pattern: { Regex: string }; behavior: 'Isolated'; invert: boolean });
    readonly pattern: RegExp | null;
  }
}
