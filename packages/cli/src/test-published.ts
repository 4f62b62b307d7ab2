// SPDX-License-Identifier: Apache-2.0
// For tests: a small folder as the Hugging Face hub has it, with a model of random weights and a tokenizer of bytes.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Generator } from '@nabla/core';
import { GPT2LMHeadModel, savePretrained } from '@nabla/models';

/** Tokens behind those of the 256 bytes. */
export const SPECIAL = ['<|end|>', '<|user|>', '<|assistant|>'];

/** A conversation as the template has it. */
const CHAT_TEMPLATE = `{% for message in messages %}{{ '<|' + message.role + '|>' + message.content + eos_token }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}`;

/** The characters that stand for bytes in GPT-2's vocabulary, in the order of its ids. */
function byteCharacters(): string[] {
  const printed = (byte: number): boolean => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const hidden = bytes.filter((byte) => !printed(byte));
  return bytes.map((byte) => String.fromCodePoint(printed(byte) ? byte : 256 + hidden.indexOf(byte)));
}

/** Makes a folder with a GPT-2 that sees 64 tokens; `config` holds what is to be otherwise. */
export async function makePublishedFolder(folder: string, config: Record<string, unknown> = {}): Promise<void> {
  mkdirSync(folder);
  const small = { n_positions: 64, n_embd: 8, n_layer: 1, n_head: 2, eos_token_id: 256 };
  const model = new GPT2LMHeadModel({ vocab_size: 256 + SPECIAL.length, ...small, ...config }, new Generator(5));
  await savePretrained(model, folder);
  model.dispose();
  const added = SPECIAL.map((content, i) => {
    const whole = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
    return { id: 256 + i, content, ...whole };
  });
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const vocabulary = Object.fromEntries([...byteCharacters(), ...SPECIAL].map((token, id) => [token, id]));
  const tokenizer = {
    ...{ version: '1.0', truncation: null, padding: null, added_tokens: added, normalizer: null },
    ...{ pre_tokenizer: byteLevel, post_processor: byteLevel, decoder: byteLevel },
    model: { type: 'BPE', vocab: vocabulary, merges: [] },
  };
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  const settings = { tokenizer_class: 'GPT2Tokenizer', eos_token: '<|end|>', chat_template: CHAT_TEMPLATE };
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(settings));
}
