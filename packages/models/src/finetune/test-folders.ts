// SPDX-License-Identifier: Apache-2.0
// Small models that know nothing, in folders as the hub has them, for tests of fine-tuning.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Generator } from '@nabla/core';

import { BertModel } from '../bert/model.ts';
import { GPT2LMHeadModel } from '../gpt2/model.ts';
import type { PretrainedModel } from '../pretrained/architecture.ts';
import { savePretrained } from '../pretrained/save-pretrained.ts';
import { T5ForConditionalGeneration } from '../t5/model.ts';

/** All that the tokenizers of these models know. */
export const WORDS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'good', 'bad', 'film', 'a', 'very', 'the', 'plot', 'is'];

const VOCABULARY = { vocab_size: WORDS.length };

/** Writes a model with a tokenizer of a few words; disposes of the model. */
async function writeFolder(path: string, model: PretrainedModel): Promise<string> {
  await savePretrained(model, path);
  model.dispose();
  writeFileSync(join(path, 'vocab.txt'), WORDS.join('\n'));
  return path;
}

export function writeBert(path: string): Promise<string> {
  const sizes = { hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 32 };
  return writeFolder(path, new BertModel({ ...VOCABULARY, ...sizes, max_position_embeddings: 16 }, new Generator(1)));
}

export async function writeGPT2(path: string): Promise<string> {
  const config = { n_positions: 32, n_embd: 16, n_layer: 1, n_head: 2, embd_pdrop: 0, attn_pdrop: 0 };
  await writeFolder(path, new GPT2LMHeadModel({ ...VOCABULARY, ...config }, new Generator(2)));
  writeFileSync(join(path, 'tokenizer.json'), JSON.stringify(plainTokenizer()));
  return path;
}

export function writeT5(path: string): Promise<string> {
  const sizes = { d_model: 16, d_ff: 32, d_kv: 8, num_layers: 1, num_heads: 2, dropout_rate: 0 };
  const ids = { pad_token_id: 0, eos_token_id: 3, decoder_start_token_id: 0 };
  return writeFolder(path, new T5ForConditionalGeneration({ ...VOCABULARY, ...sizes, ...ids }, new Generator(3)));
}

/** Words as they are, without the tokens that BERT puts around a text. */
function plainTokenizer(): object {
  const vocab = Object.fromEntries(WORDS.map((word, id) => [word, id]));
  const prefix = { continuing_subword_prefix: '##', max_input_chars_per_word: 100 };
  return {
    ...{ version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null, post_processor: null },
    pre_tokenizer: { type: 'Whitespace' },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    model: { type: 'WordPiece', unk_token: '[UNK]', ...prefix, vocab },
  };
}
