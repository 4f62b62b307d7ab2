// SPDX-License-Identifier: Apache-2.0
// Published models at work, with weights by the common formula: an encoder that reads a batch of sentences, a decoder that reads a prompt.

import { Generator, noGrad, slice } from '@nabla/core';
import { BertModel } from '@nabla/models';

import { gpt2Of } from './decode.mjs';
import { GPT2, MODELS, fillParameters, integers } from './models.mjs';

/** all-MiniLM-L6-v2. */
const MINILM = { vocabulary: 30522, layers: 6, heads: 12, width: 384, inner: 1536 };
const TOKENS_SEED = 1;

const tokensOf = ({ batch, time, vocabulary }) => integers([batch, time], TOKENS_SEED, vocabulary);

function prepareEncoder(spec) {
  const { vocabulary, layers, heads, width, inner, time } = spec;
  const sizes = { hidden_size: width, num_hidden_layers: layers, num_attention_heads: heads, intermediate_size: inner };
  const config = { ...sizes, vocab_size: vocabulary, max_position_embeddings: time };
  const model = new BertModel(config, new Generator(1), { pooler: false }).eval();
  fillParameters(model);
  const tokens = tokensOf(spec);
  return { run: () => noGrad(() => ({ states: model.forward(tokens) })), kept: [...model.parameters(), tokens] };
}

/** Operations of the matrix products of an encoder's layers, those of attention among them. */
function encoderWork({ batch, time, layers, width, inner }) {
  const token = 2 * (4 * width ** 2 + 2 * width * inner) + 2 * 2 * time * width;
  return batch * time * layers * token;
}

/** The logits of what follows a prompt. */
function preparePrompt(spec) {
  const { model: other, data } = MODELS.gpt(spec);
  fillParameters(other);
  const model = gpt2Of(spec, other);
  for (const thing of [...other.parameters(), ...data]) thing.dispose();
  const tokens = tokensOf(spec);
  const run = () => {
    const hidden = model.hidden(tokens); // [1, time, width]
    return { logits: model.logits(slice(hidden, [0, spec.time - 1, 0], [1, 1, -1])) };
  };
  return { run: () => noGrad(run), kept: [...model.parameters(), tokens] };
}

const encoder = { family: 'published', model: 'bert', ...MINILM, batch: 32, time: 128 };
const prompt = { family: 'published', model: 'gpt', ...GPT2, batch: 1, time: 512 };

export const publishedCases = [
  {
    name: `published/minilm_${encoder.batch}x${encoder.time}`,
    device: 'cpu',
    unit: 'GFLOP/s',
    work: encoderWork(encoder),
    spec: encoder,
    limit: { operation: 'multiply', operations: encoderWork(encoder) },
    patience: 3,
    prepare: prepareEncoder,
  },
  {
    name: `published/gpt2_124M_prompt_t${prompt.time}`,
    device: 'cpu',
    unit: 'ms',
    spec: prompt,
    patience: 3,
    prepare: preparePrompt,
  },
];
