// SPDX-License-Identifier: Apache-2.0
// Turns a model of llama2.c (github.com/karpathy/llama2.c) into a folder as the Hugging Face hub has it, for `nabla generate`, for
// fine-tuning and for Python: config.json, model.safetensors, tokenizer.json. See --help.

import { isUtf8 } from 'node:buffer';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const USAGE = `Usage: node tools/convert-llama2c.mjs MODEL.bin TOKENIZER.bin FOLDER
  MODEL.bin      a checkpoint of llama2.c, version 0: seven integers, then float32 weights (stories15M.bin …)
  TOKENIZER.bin  its tokenizer (tokenizer.bin, tok512.bin …)
  FOLDER         where config.json, generation_config.json, model.safetensors and the tokenizer's files are written`;

const FIRST_PIECE = 259; // before it: <unk>, <s>, </s> and the 256 bytes
const SPACE = '▁'; // how SentencePiece writes it

/** Reads one after the other from a file, and says where it ends too early. */
class Reader {
  constructor(file) {
    this.file = file;
    this.bytes = readFileSync(file);
    this.at = 0;
  }

  take(count) {
    const begin = this.at;
    this.at += count;
    if (count >= 0 && this.at <= this.bytes.length) return this.bytes.subarray(begin, this.at);
    throw new Error(`${this.file}: expected ${count} bytes at ${begin}, received ${this.bytes.length - begin}`);
  }

  int32() {
    return this.take(4).readInt32LE();
  }

  float32() {
    return this.take(4).readFloatLE();
  }
}

/** The seven numbers at the begin of a checkpoint. */
function readSizes(reader) {
  const names = ['features', 'inner', 'layers', 'heads', 'keyHeads', 'vocabulary', 'context'];
  const sizes = Object.fromEntries(names.map((name) => [name, reader.int32()]));
  const isTied = sizes.vocabulary > 0; // a negative number of tokens: the output has a matrix of its own
  sizes.vocabulary = Math.abs(sizes.vocabulary);
  const wrong = names.find((name) => sizes[name] < 1);
  if (wrong !== undefined) throw new Error(`${reader.file}: expected ${wrong} above 0, received ${sizes[wrong]}`);
  const { features, heads, keyHeads } = sizes;
  if (features % (2 * heads) !== 0 || heads % keyHeads !== 0) {
    throw new Error(
      `${reader.file}: ${features} features, ${heads} heads and ${keyHeads} heads of keys do not go together`,
    );
  }
  return { ...sizes, headSize: features / heads, isTied };
}

/**
 * The rows of a matrix `[heads * headSize, columns]` for a rotation of halves. llama2.c turns neighbours, rows 2i and 2i + 1 of a head,
 * where transformers turns rows i and i + headSize / 2.
 */
function neighboursToHalves(matrix, headSize, columns) {
  const row = 4 * columns;
  const turned = Buffer.alloc(matrix.length);
  for (let to = 0; to < matrix.length / row; to++) {
    const [head, inHead] = [Math.floor(to / headSize), to % headSize];
    const [half, pair] = [Math.floor(inHead / (headSize / 2)), inHead % (headSize / 2)];
    const from = head * headSize + 2 * pair + half;
    matrix.copy(turned, to * row, from * row, (from + 1) * row);
  }
  return turned;
}

/** The tensors by their names in transformers: shapes and float32 bytes. llama2.c stores all layers of a kind together. */
function readTensors(reader, { features, inner, layers, vocabulary, context, headSize, keyHeads, isTied }) {
  const tensors = {};
  const read = (name, shape, change = (bytes) => bytes) => {
    tensors[name] = { shape, bytes: change(reader.take(4 * shape.reduce((a, b) => a * b, 1))) };
  };
  const readLayers = (name, shape, change) => {
    for (let layer = 0; layer < layers; layer++) read(`model.layers.${layer}.${name}.weight`, shape, change);
  };
  const toHalves = (matrix) => neighboursToHalves(matrix, headSize, features);
  const keys = keyHeads * headSize;
  read('model.embed_tokens.weight', [vocabulary, features]);
  readLayers('input_layernorm', [features]);
  readLayers('self_attn.q_proj', [features, features], toHalves);
  readLayers('self_attn.k_proj', [keys, features], toHalves);
  readLayers('self_attn.v_proj', [keys, features]);
  readLayers('self_attn.o_proj', [features, features]);
  readLayers('post_attention_layernorm', [features]);
  readLayers('mlp.gate_proj', [inner, features]);
  readLayers('mlp.down_proj', [features, inner]);
  readLayers('mlp.up_proj', [inner, features]);
  read('model.norm.weight', [features]);
  reader.take(4 * context * headSize); // cosines and sines of the positions
  if (!isTied) read('lm_head.weight', [vocabulary, features]);
  if (reader.at === reader.bytes.length) return tensors;
  throw new Error(`${reader.file}: expected ${reader.at} bytes for these sizes, received ${reader.bytes.length}`);
}

/** A file of weights: the length of the header, the header, the values. */
function safetensors(tensors) {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { shape, bytes }]) => {
    const begin = end;
    end += bytes.length;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }];
  });
  const text = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) });
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...Object.values(tensors).map(({ bytes }) => bytes)]);
}

function configOf({ features, inner, layers, heads, keyHeads, vocabulary, context, headSize, isTied }) {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    attention_bias: false,
    bos_token_id: 1,
    eos_token_id: 2,
    head_dim: headSize,
    hidden_act: 'silu',
    hidden_size: features,
    intermediate_size: inner,
    max_position_embeddings: context,
    mlp_bias: false,
    num_attention_heads: heads,
    num_hidden_layers: layers,
    num_key_value_heads: keyHeads,
    rms_norm_eps: 1e-5,
    rope_parameters: { rope_theta: 10000, rope_type: 'default' },
    tie_word_embeddings: isTied,
    torch_dtype: 'float32',
    vocab_size: vocabulary,
  };
}

/** The pieces of a tokenizer and how soon each is made. llama2.c has spaces where SentencePiece has its own sign. */
function readPieces(reader, vocabulary) {
  reader.int32(); // the length of the longest piece
  return Array.from({ length: vocabulary }, (_, id) => {
    const score = reader.float32();
    const bytes = reader.take(reader.int32());
    if (!isUtf8(bytes)) throw new Error(`${reader.file}: expected piece ${id} to be valid UTF-8`);
    const text = bytes.toString('utf8');
    if (id < FIRST_PIECE) return { text: ['<unk>', '<s>', '</s>'][id] ?? text, score };
    return { text: text.replaceAll(' ', SPACE), score };
  });
}

/**
 * All pairs of pieces that make a piece, the piece with the highest score first, and among pairs that make the same one those with the
 * longest first part: the order that transformers gives a SentencePiece model.
 */
function mergesOf(pieces) {
  const ids = new Map(pieces.map(({ text }, id) => [text, id]));
  const merges = pieces.slice(FIRST_PIECE).flatMap(({ text, score }) => {
    const signs = [...text];
    return signs.slice(1).flatMap((_, i) => {
      const [left, right] = [signs.slice(0, i + 1), signs.slice(i + 1)];
      const pair = [left.join(''), right.join('')];
      return pair.every((part) => ids.get(part) >= FIRST_PIECE)
        ? [{ pair, score, lengths: [left.length, right.length] }]
        : [];
    });
  });
  merges.sort((a, b) => b.score - a.score || b.lengths[0] - a.lengths[0] || b.lengths[1] - a.lengths[1]);
  return merges.map(({ pair }) => pair.join(' '));
}

/** tokenizer.json of Llama: byte-pair encoding of a whole text, where bytes stand in for what no piece has. */
function tokenizerOf(pieces) {
  const special = pieces.slice(0, 3).map(({ text }, id) => {
    return { id, content: text, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  });
  const start = { SpecialToken: { id: '<s>', type_id: 0 } };
  const text = (id, type) => ({ Sequence: { id, type_id: type } });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: SPACE },
        { type: 'Replace', pattern: { String: ' ' }, content: SPACE },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: [start, text('A', 0)],
      pair: [start, text('A', 0), { SpecialToken: { id: '<s>', type_id: 1 } }, text('B', 1)],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(pieces.map(({ text: piece }, id) => [piece, id])),
      merges: mergesOf(pieces),
    },
  };
}

function convert(modelFile, tokenizerFile, folder) {
  const reader = new Reader(modelFile);
  const sizes = readSizes(reader);
  const tensors = readTensors(reader, sizes);
  const tokenizer = tokenizerOf(readPieces(new Reader(tokenizerFile), sizes.vocabulary));
  mkdirSync(folder, { recursive: true });
  const write = (name, value) => writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  write('config.json', configOf(sizes));
  // Stories were trained one behind the other, each begun by <s>: it is also what ends one.
  write('generation_config.json', { bos_token_id: 1, eos_token_id: 1 });
  write('tokenizer.json', tokenizer);
  write('tokenizer_config.json', {
    add_bos_token: true,
    add_eos_token: false,
    bos_token: '<s>',
    clean_up_tokenization_spaces: false,
    eos_token: '</s>',
    model_max_length: sizes.context,
    tokenizer_class: 'PreTrainedTokenizerFast',
    unk_token: '<unk>',
  });
  writeFileSync(join(folder, 'model.safetensors'), safetensors(tensors));
}

const { values, positionals } = parseArgs({ options: { help: { type: 'boolean' } }, allowPositionals: true });
if (values.help) {
  console.log(USAGE);
} else if (positionals.length === 3) {
  try {
    convert(...positionals);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
} else {
  console.error(USAGE);
  process.exitCode = 1;
}
