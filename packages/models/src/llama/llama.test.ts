// SPDX-License-Identifier: Apache-2.0
// Tests of Llama against transformers' numbers.

import { describeTiny } from '../pretrained/test-hf-tiny.ts';
import { LlamaForCausalLM } from './model.ts';

describeTiny('llama', LlamaForCausalLM, (model, { input_ids: tokens, labels, attention_mask, position_ids }) => {
  const inputs = { attentionMask: attention_mask, positions: position_ids };
  const states = model.model.hiddenStates(tokens, inputs);
  return {
    outputs: {
      logits: model.forward(tokens, inputs),
      ...Object.fromEntries(states.map((state, i) => [`hidden_states.${i}`, state])),
    },
    loss: labels && model.loss(tokens, labels, inputs),
  };
});
