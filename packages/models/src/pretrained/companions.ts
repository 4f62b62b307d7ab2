// SPDX-License-Identifier: Apache-2.0
// Which files beside configuration and weights belong to a published model.

/** Files beside the weights that belong to a model, and go along when it is saved, converted or fetched. */
export const COMPANIONS: readonly string[] = [
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.txt',
  'vocab.json',
  'merges.txt',
  'tokenizer.model',
  'spiece.model',
  'sentencepiece.bpe.model',
  'chat_template.jinja',
  'preprocessor_config.json',
  'processor_config.json',
];
