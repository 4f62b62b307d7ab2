// SPDX-License-Identifier: Apache-2.0
// Mistakes that poolings, normalizations and spatial layers must find when they are made, not when they run; one test for each.

import { ones } from '@nabla/core';
import { useDevice } from '@nabla/testing';

import { GroupNorm } from '../norm/group-norm.ts';
import { InstanceNorm1d, InstanceNorm2d } from '../norm/instance-norm.ts';
import { AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool2d } from '../pool/adaptive-pool.ts';
import { AvgPool1d, AvgPool2d, AvgPool3d } from '../pool/average-pool.ts';
import { MaxPool1d, MaxPool2d, MaxPool3d } from '../pool/max-pool.ts';
import { Flatten, Unflatten } from './flatten.ts';
import { ConstantPad1d, ReflectionPad2d, ZeroPad2d } from './padding.ts';
import { PixelShuffle, PixelUnshuffle } from './pixel-shuffle.ts';
import { Upsample } from './upsample.ts';

/** Classes by name, for `it.each`. */
function named<Class extends { readonly name: string }>(...classes: Class[]): [string, Class][] {
  return classes.map((member) => [member.name, member]);
}

describe('constructors', () => {
  useDevice('js');

  it.each(named(MaxPool1d, MaxPool2d, MaxPool3d, AvgPool1d, AvgPool2d, AvgPool3d))(
    '%s checks kernel and options',
    (_, Pool) => {
      expect(() => new Pool(0)).toThrowCode('ARGUMENT', new RegExp(`${Pool.name}: expected kernelSize`));
      expect(() => new Pool([2, 2, 2, 2])).toThrowCode('ARGUMENT', /kernelSize/);
      expect(() => new Pool(2, { padding: 2 })).toThrowCode('ARGUMENT', /at most half/);
      expect(() => new Pool(2, { strides: 2 } as object)).toThrowCode('OPTION', /stride/);
    },
  );

  it.each(named(AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool2d))('%s checks its size', (_, Pool) => {
    expect(() => new Pool(0)).toThrowCode('ARGUMENT', new RegExp(`${Pool.name}: expected outputSize`));
    expect(() => new Pool([2, 2, 2])).toThrowCode('ARGUMENT', /outputSize/);
  });

  it('GroupNorm checks groups, channels and options', () => {
    expect(() => new GroupNorm(3, 4)).toThrowCode('ARGUMENT', /groups to divide the number of channels, 4/);
    expect(() => new GroupNorm(1, 0)).toThrowCode('ARGUMENT', /channels/);
    expect(() => new GroupNorm(1, 2, { epsilon: -1 })).toThrowCode('ARGUMENT', /epsilon/);
    expect(() => new GroupNorm(1, 2, { affine: 1 as never })).toThrowCode('ARGUMENT', /affine/);
    expect(() => new GroupNorm(1, 2, { eps: 1 } as object)).toThrowCode('OPTION', /epsilon/);
  });

  it.each(named(InstanceNorm1d, InstanceNorm2d))('%s checks channels, options and inputs', (_, Norm) => {
    expect(() => new Norm(0)).toThrowCode('ARGUMENT', new RegExp(`${Norm.name}: expected channels`));
    expect(() => new Norm(2, { epsilon: -1 })).toThrowCode('ARGUMENT', /epsilon/);
    expect(() => new Norm(2, { affine: 1 as never })).toThrowCode('ARGUMENT', /affine/);
    expect(() => new Norm(2, { eps: 1 } as object)).toThrowCode('OPTION', /epsilon/);
    expect(() => new Norm(2).forward(ones([2, 2]))).toThrowCode('RANK', new RegExp(`${Norm.name}: expected x`));
    const shape = Norm === InstanceNorm1d ? [2, 3, 3] : [2, 3, 3, 3];
    expect(() => new Norm(2).forward(ones(shape))).toThrowCode('SHAPE', /2\]/);
  });

  it('paddings check widths, values and inputs', () => {
    expect(() => new ZeroPad2d(-1)).toThrowCode('ARGUMENT', /ZeroPad2d: expected padding/);
    expect(() => new ReflectionPad2d([[1, 1]])).toThrowCode('ARGUMENT', /a list of 2 pairs/);
    expect(() => new ConstantPad1d(1, '0' as never)).toThrowCode('ARGUMENT', /value/);
    expect(() => new ZeroPad2d(1).forward(ones([2, 3, 4]))).toThrowCode('RANK', /ZeroPad2d: expected x/);
  });

  it('Upsample and the shuffles check their options', () => {
    expect(() => new Upsample({})).toThrowCode('ARGUMENT', /Upsample: expected size or scaleFactor/);
    expect(() => new Upsample({ size: 2, alignCorners: true })).toThrowCode('ARGUMENT', /alignCorners/);
    expect(() => new Upsample({ factor: 2 } as object)).toThrowCode('OPTION', /scaleFactor/);
    expect(() => new PixelShuffle(0)).toThrowCode('ARGUMENT', /PixelShuffle: expected factor/);
    expect(() => new PixelUnshuffle(1.5)).toThrowCode('ARGUMENT', /PixelUnshuffle: expected factor/);
  });

  it('Flatten and Unflatten check sizes and inputs', () => {
    expect(() => new Unflatten([])).toThrowCode('ARGUMENT', /sizes to be a list/);
    expect(() => new Unflatten([2, 0])).toThrowCode('ARGUMENT', /sizes/);
    expect(() => new Unflatten([2, 3]).forward(ones([4, 5]))).toThrowCode(
      'SHAPE',
      /\[batch, 6\].*becomes \[batch, 2, 3\]/,
    );
    expect(() => new Unflatten([2, 3]).forward(ones([4, 6], 'int32'))).toThrowCode('DTYPE');
    expect(() => new Flatten().forward(ones([4]))).toThrowCode('RANK');
    expect(() => new Flatten().forward(ones([4, 2, 2], 'int32'))).toThrowCode('DTYPE');
  });
});
