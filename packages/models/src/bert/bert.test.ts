// SPDX-License-Identifier: Apache-2.0
// Tests of BERT against transformers' numbers.

import type { Tensor } from '@nabla/core';
import { mul, add, sum } from '@nabla/core';

import { type TinyInputs, describeTiny } from '../pretrained/test-hf-tiny.ts';
import { BertForMaskedLM, BertForSequenceClassification } from './heads.ts';
import { type BertInputs, BertModel } from './model.ts';

const told = ({ attention_mask, token_type_ids, position_ids }: TinyInputs): BertInputs => ({
  attentionMask: attention_mask,
  tokenTypeIds: token_type_ids,
  positions: position_ids,
});

const named = (states: Tensor[]): Record<string, Tensor> =>
  Object.fromEntries(states.map((state, i) => [`hidden_states.${i}`, state]));

describeTiny('bert-model', BertModel, (model, inputs, { loss }) => {
  const states = model.hiddenStates(inputs.input_ids, told(inputs));
  const last = states.at(-1) as Tensor;
  const pooled = model.pool(last);
  const { last_hidden_state: ofLast, pooler_output: ofPooled } = inputs.upstream ?? {};
  return {
    outputs: { last_hidden_state: last, pooler_output: pooled, ...named(states) },
    loss: loss && ofLast && ofPooled && add(sum(mul(last, ofLast)), sum(mul(pooled, ofPooled))),
  };
});

describeTiny('bert-mlm', BertForMaskedLM, (model, inputs) => ({
  outputs: {
    logits: model.forward(inputs.input_ids, told(inputs)),
    ...named(model.hiddenStates(inputs.input_ids, told(inputs))),
  },
  loss: inputs.labels && model.loss(inputs.input_ids, inputs.labels, told(inputs)),
}));

describeTiny('bert-classifier', BertForSequenceClassification, (model, inputs) => ({
  outputs: {
    logits: model.forward(inputs.input_ids, told(inputs)),
    ...named(model.hiddenStates(inputs.input_ids, told(inputs))),
  },
  loss: inputs.labels && model.loss(inputs.input_ids, inputs.labels, told(inputs)),
}));
