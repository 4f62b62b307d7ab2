// SPDX-License-Identifier: Apache-2.0
// Filling gaps: what every encoder that predicts hidden tokens does alike.

import { type Tensor, gather, reshape, tensor1d } from '@nabla/core';
import { Module, crossEntropy } from '@nabla/layers';

import { IGNORED } from '../generation/causal-model.ts';
import type { PretrainedConfig, PretrainedModel } from '../pretrained/architecture.ts';
import type { EncoderInputs, EncoderModel } from './encoder-model.ts';

/** An encoder that predicts which token stands at each place, for places whose token was hidden. */
export abstract class MaskedLanguageModel<Config extends PretrainedConfig>
  extends Module
  implements PretrainedModel<Config>
{
  abstract readonly config: Config;

  /** The network under the head. */
  abstract get encoder(): EncoderModel<Config>;

  /** `[...batch, features]` → `[...batch, vocabulary]`. */
  abstract logits(hidden: Tensor): Tensor;

  /** int32 `[batch, time]` → logits `[batch, time, vocabulary]`. */
  override forward(tokens: Tensor, inputs: EncoderInputs = {}): Tensor {
    return this.logits(this.encoder.forward(tokens, inputs));
  }

  /** See {@link EncoderModel.hiddenStates}. */
  hiddenStates(tokens: Tensor, inputs: EncoderInputs = {}): Tensor[] {
    return this.encoder.hiddenStates(tokens, inputs);
  }

  /**
   * Mean cost in nats of predicting the labels. Those of -100 do not count, and nothing is predicted where they are: most places
   * are not hidden.
   *
   * @param labels int32 `[batch, time]`: the token that was hidden, -100 elsewhere
   */
  loss(tokens: Tensor, labels: Tensor, inputs: EncoderInputs = {}): Tensor {
    return this.lossOfHidden(this.encoder.forward(tokens, inputs), labels);
  }

  /** {@link loss}, of what the encoder made of the tokens, `[batch, time, features]`. */
  protected lossOfHidden(hidden: Tensor, labels: Tensor): Tensor {
    const wanted = Array.from(labels.dataSync().entries()).filter(([, label]) => label !== IGNORED);
    const places = tensor1d(wanted.map(([place]) => place), 'int32'); // prettier-ignore
    const rows = gather(reshape(hidden, [-1, this.encoder.features]), places); // [places, features]
    return crossEntropy(this.logits(rows), tensor1d(wanted.map(([, label]) => label), 'int32')); // prettier-ignore
  }
}
