// SPDX-License-Identifier: Apache-2.0
// Recurrent networks over whole sequences on device cpu.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { type Handle, NO_BUFFER } from '../addon.ts';
import {
  type RecurrentAttributes,
  type RecurrentGradInputs,
  type RecurrentInputs,
  recurrentSizes,
} from '../definitions/recurrent.ts';
import { RECURRENT_CELLS } from '../definitions/recurrent-cells.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeBackend } from '../native-backend.ts';
import type { NativeCalls } from '../native-kernels.ts';

type Parameters = 'batch' | 'time' | 'features' | 'hidden' | 'kind' | 'reverse' | 'lengths';
type Shared = Pick<NativeCalls['recurrent_f32'], 'in' | 'weight_ih' | 'weight_hh' | Parameters>;

/** What the forward and the backward call have in common. */
function sharedArguments(
  inputs: Pick<RecurrentInputs, 'x' | 'weightIh' | 'weightHh'>,
  { kind, reverse, lengths }: RecurrentAttributes,
  backend: NativeBackend,
): Shared {
  const { batch, time, features, hidden } = recurrentSizes(inputs, kind);
  return {
    in: backend.buffer(inputs.x),
    weight_ih: backend.buffer(inputs.weightIh),
    weight_hh: backend.buffer(inputs.weightHh),
    batch,
    time,
    features,
    hidden,
    kind: RECURRENT_CELLS.indexOf(kind),
    reverse: Number(reverse),
    lengths,
  };
}

function bufferOf(tensor: TensorInfo | undefined, backend: NativeBackend): Handle {
  return tensor == null ? NO_BUFFER : backend.buffer(tensor);
}

const recurrent = nativeKernel<RecurrentInputs, RecurrentAttributes>('NablaRecurrent', {
  needs: ['recurrent_f32'],
  run: (inputs, attributes, backend) => {
    const { batch, time, hidden, saved, states } = recurrentSizes(inputs, attributes.kind);
    const out = backend.allocate([batch, time + states, hidden], 'float32');
    const gates = backend.allocate([time, batch, saved * hidden], 'float32');
    const hiddens = backend.allocate([time + 1, batch, hidden], 'float32');
    const cells = states === 2 ? backend.allocate([time + 1, batch, hidden], 'float32') : undefined;
    backend.kernels.recurrent_f32({
      ...sharedArguments(inputs, attributes, backend),
      bias_ih: bufferOf(inputs.biasIh, backend),
      bias_hh: bufferOf(inputs.biasHh, backend),
      hidden_before: backend.buffer(inputs.hidden),
      cell_before: bufferOf(inputs.cell, backend),
      out: backend.buffer(out),
      gates: backend.buffer(gates),
      states: backend.buffer(hiddens),
      cells: bufferOf(cells, backend),
      has_bias: Number(inputs.biasIh != null),
    });
    return [out, gates, hiddens, ...(cells === undefined ? [] : [cells])];
  },
});

const recurrentGrad = nativeKernel<RecurrentGradInputs, RecurrentAttributes>('NablaRecurrentGrad', {
  needs: ['recurrent_grad_f32'],
  run: (inputs, attributes, backend) => {
    const { batch, hidden, gates, states } = recurrentSizes(inputs, attributes.kind);
    const { x, weightIh, weightHh } = inputs;
    const bias = [gates * hidden];
    const shapes = [x.shape, weightIh.shape, weightHh.shape, bias, bias, [batch, hidden], [batch, hidden]];
    const gradients = shapes.slice(0, 5 + states).map((shape) => backend.allocate(shape, 'float32'));
    const [gradX, gradWeightIh, gradWeightHh, gradBiasIh, gradBiasHh, gradHidden, gradCell] = gradients;
    backend.kernels.recurrent_grad_f32({
      ...sharedArguments(inputs, attributes, backend),
      grad_out: backend.buffer(inputs.gradOut),
      gates: backend.buffer(inputs.gates),
      states: backend.buffer(inputs.states),
      cells: bufferOf(inputs.cells, backend),
      grad_in: backend.buffer(gradX),
      grad_weight_ih: backend.buffer(gradWeightIh),
      grad_weight_hh: backend.buffer(gradWeightHh),
      grad_bias_ih: backend.buffer(gradBiasIh),
      grad_bias_hh: backend.buffer(gradBiasHh),
      grad_hidden: backend.buffer(gradHidden),
      grad_cell: bufferOf(gradCell, backend),
      has_bias: 1,
    });
    return gradients;
  },
});

export const recurrentKernels: readonly KernelConfig[] = [recurrent, recurrentGrad];
