// SPDX-License-Identifier: Apache-2.0
// How tokens become text again, one after the other: the table of a tokenizer.json's decoders.

import { fromByteCharacters } from './bytes.ts';
import type { JsonFields } from './json-fields.ts';
import { readPattern, replacePattern } from './patterns.ts';

/**
 * One step from tokens to text. It is told one token at a time and answers with what is certain by then, so that decoding all tokens
 * at once and decoding them as a model makes them are the same code, and cannot differ.
 */
export interface DecodeStep {
  /** The parts that this token settles. */
  push(token: string): readonly string[];
  /** The parts that were held back, when there are no more tokens. */
  end(): readonly string[];
}

/** Makes a step for a new text. */
export type Decoder = () => DecodeStep;

/** @see https://github.com/huggingface/tokenizers/tree/main/tokenizers/src/decoders */
const decoders: Readonly<Record<string, (fields: JsonFields) => Decoder>> = {
  BPEDecoder: (fields) => {
    const suffix = fields.text('suffix', '</w>');
    return () => wordEnds(suffix);
  },
  ByteFallback: () => byteFallback,
  ByteLevel: () => byteLevel,
  CTC: (fields) => {
    const padding = fields.text('pad_token', '<pad>');
    const delimiter = fields.text('word_delimiter_token', '|');
    const cleanup = fields.flag('cleanup', true);
    return () => {
      let previous: string | undefined;
      return eachToken((token) => {
        const repeated = token === previous;
        previous = token;
        if (repeated) return [];
        const text = token.replaceAll(padding, '');
        const cleaned = cleanup ? cleanUpWord(text).replaceAll(delimiter, ' ') : text;
        return cleaned === '' ? [] : [cleaned];
      });
    };
  },
  Fuse: () => atEnd((tokens) => [tokens.join('')]),
  Metaspace: (fields) => {
    const replacement = fields.text('replacement', '▁');
    const legacy = fields.flag('add_prefix_space', true) ? 'always' : 'never';
    const prefixed = fields.oneOf('prepend_scheme', ['always', 'first', 'never'], legacy) !== 'never';
    return () => {
      let isFirst = prefixed;
      return eachToken((token) => {
        const text = isFirst && token.startsWith(replacement) ? token.slice(replacement.length) : token;
        isFirst = false;
        return [text.replaceAll(replacement, ' ')];
      });
    };
  },
  Replace: (fields) => {
    const pattern = readPattern(fields);
    const content = fields.text('content');
    return () => eachToken((token) => [replacePattern(token, pattern, content)]);
  },
  Sequence: (fields) => sequence(fields.objects('decoders')),
  Strip: (fields) => {
    const strip = readStrip(fields);
    return () => eachToken((token) => [strip(token)]);
  },
  WordPiece: (fields) => {
    const prefix = fields.text('prefix', '##');
    const cleanup = fields.flag('cleanup', true);
    return () => {
      let isFirst = true;
      return eachToken((token) => {
        const goesOn = !isFirst && token.startsWith(prefix);
        const text = isFirst ? token : goesOn ? token.slice(prefix.length) : ` ${token}`;
        isFirst = false;
        return [cleanup ? cleanUpWord(text) : text];
      });
    };
  },
};

/** @throws {ArgumentError} the type is unknown or a field of it is wrong: names file and field (code `TOKENIZER`) */
export function readDecoder(fields: JsonFields): Decoder {
  return fields.choose('type', decoders)(fields);
}

/** Where a file has no decoder: the tokens with spaces between them. */
export function spacedTokens(): DecodeStep {
  let isFirst = true;
  return eachToken((token) => {
    const text = isFirst ? token : ` ${token}`;
    isFirst = false;
    return [text];
  });
}

/** One step after the other. */
export function chain(steps: readonly DecodeStep[]): DecodeStep {
  const through = (tokens: readonly string[], from: number): readonly string[] =>
    steps.slice(from).reduce((parts, step) => parts.flatMap((part) => step.push(part)), tokens);
  return {
    push: (token) => through([token], 0),
    end: () => steps.flatMap((step, i) => through(step.end(), i + 1)),
  };
}

/**
 * Decoders one after the other. `Fuse` joins all tokens before the next decoder sees them, which would hold everything back to the end;
 * where nothing or only `Strip` comes after it, as in Llama's files, parts go through as they come.
 */
function sequence(decoders: readonly JsonFields[]): Decoder {
  const types = decoders.map((decoder) => decoder.value('type'));
  const fuse = types.indexOf('Fuse');
  const after = fuse === -1 ? [] : decoders.slice(fuse + 1);
  const [only] = after;
  const isLlama = fuse !== -1 && after.length <= 1 && (only === undefined || only.value('type') === 'Strip');
  const made = (isLlama ? decoders.slice(0, fuse) : decoders).map(readDecoder);
  if (isLlama && only !== undefined) {
    const { content, start, stop } = readStripOptions(only);
    made.push(() => stripEnds(content, start, stop));
  }
  return () => chain(made.map((make) => make()));
}

/** A step that looks at each token for itself. */
function eachToken(decode: (token: string) => readonly string[]): DecodeStep {
  return { push: decode, end: () => [] };
}

/** A step that needs all tokens. */
function atEnd(decode: (tokens: readonly string[]) => readonly string[]): Decoder {
  return () => {
    const tokens: string[] = [];
    return {
      push: (token) => {
        tokens.push(token);
        return [];
      },
      end: () => decode(tokens),
    };
  };
}

/** Bytes written as characters, back to text; a character whose bytes are not all there is held back. */
function byteLevel(): DecodeStep {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return {
    push: (token) => [decoder.decode(fromByteCharacters(token), { stream: true })],
    end: () => [decoder.decode()],
  };
}

/** Runs of tokens `<0xE4>` as the text of their bytes; where they are no UTF-8, one U+FFFD for each byte of the run. */
function byteFallback(): DecodeStep {
  let bytes: number[] = [];
  const settle = (): string[] => {
    if (bytes.length === 0) return [];
    const run = Uint8Array.from(bytes);
    bytes = [];
    try {
      return [new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(run)];
    } catch {
      return Array.from(run, () => '\uFFFD');
    }
  };
  return {
    push: (token) => {
      const digits = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
      if (digits === undefined) return [...settle(), token];
      bytes.push(parseInt(digits, 16));
      return [];
    },
    end: settle,
  };
}

/** Each `suffix` is a space, but nothing in the last token, so that one token is held back. */
function wordEnds(suffix: string): DecodeStep {
  let held: string | undefined;
  return {
    push: (token) => {
      const settled = held;
      held = token;
      return settled === undefined ? [] : [settled.replaceAll(suffix, ' ')];
    },
    end: () => (held === undefined ? [] : [held.replaceAll(suffix, '')]),
  };
}

interface StripOptions {
  readonly content: string;
  readonly start: number;
  readonly stop: number;
}

function readStripOptions(fields: JsonFields): StripOptions {
  const content = fields.text('content');
  if ([...content].length !== 1) throw fields.error('content', 'to be one character', JSON.stringify(content));
  const [start, stop] = [fields.integer('start', 0, 0xffff), fields.integer('stop', 0, 0xffff)];
  return { content, start, stop };
}

/** Takes up to `start` characters from the front of a token and up to `stop` from its end, where they are `content`. */
function readStrip(fields: JsonFields): (token: string) => string {
  const { content, start, stop } = readStripOptions(fields);
  return (token) => {
    let text = token;
    for (let i = 0; i < start && text.startsWith(content); i++) text = text.slice(content.length);
    for (let i = 0; i < stop && text.endsWith(content); i++) text = text.slice(0, -content.length);
    return text;
  };
}

/** The same for the whole text, as it comes. */
function stripEnds(content: string, start: number, stop: number): DecodeStep {
  let toStrip = start;
  let held = '';
  return {
    push: (part) => {
      let text = part;
      for (; toStrip > 0 && text.startsWith(content); toStrip--) text = text.slice(content.length);
      if (text === '') return [];
      toStrip = 0;
      text = held + text;
      let kept = text.length;
      for (let i = 0; i < stop && text.slice(0, kept).endsWith(content); i++) kept -= content.length;
      held = text.slice(kept);
      return [text.slice(0, kept)];
    },
    end: () => [],
  };
}

/** Spaces that a tokenizer put before punctuation and contractions, taken out. */
export function cleanUpWord(text: string): string {
  return replacements.reduce((cleaned, [written, meant]) => cleaned.replaceAll(written, meant), text);
}

const replacements: readonly (readonly [string, string])[] = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];
