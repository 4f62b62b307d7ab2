// SPDX-License-Identifier: Apache-2.0
// Runs one test body on every device of this machine, and fails a test that leaves tensors behind.

import { cpuTargets, getCpuTarget, getDevice, listDevices, setCpuTarget, setDevice } from '@nabla/core';
import { watchLeaks } from './no-leaks.ts';

/** A device as tests name it: `js`, `cuda`, or `cpu:` and a CPU target. */
export type TestDevice = 'js' | 'cuda' | `cpu:${string}`;

/**
 * Every device of this machine: `js`, where the addon is built each CPU target that the processor runs, and `cuda` where
 * there is a GPU. `NABLA_TEST_DEVICES` names those that are wanted, separated by commas.
 *
 * @example
 * describe.each(devices())('gelu on %s', (device) => {
 *   useDevice(device);
 *   it('is 0 at 0', () => expect(gelu(scalar(0))).toBeCloseToTensor(0));
 * });
 */
export function devices(): TestDevice[] {
  const all: TestDevice[] = ['js', ...cpuTargets().map((target): TestDevice => `cpu:${target}`)];
  if (hasCuda()) all.push('cuda');
  const wanted = process.env['NABLA_TEST_DEVICES']?.split(',');
  return wanted === undefined ? all : all.filter((device) => wanted.includes(device));
}

function hasCuda(): boolean {
  return listDevices().some(({ device, available }) => device === 'cuda' && available);
}

/** The device that runs now, in the form of {@link devices}. */
export function activeDevice(): TestDevice {
  const device = getDevice();
  return device === 'cpu' ? `cpu:${getCpuTarget()}` : device;
}

/** Makes `device` the active one at once. */
export function selectDevice(device: TestDevice): void {
  if (device === 'js' || device === 'cuda') {
    setDevice(device);
    return;
  }
  setDevice('cpu');
  setCpuTarget(device.slice('cpu:'.length));
}

/**
 * Runs the tests of the surrounding `describe` on `device`, each in a scope of its own: tensors that a test makes end with
 * it. What is still alive then (a variable, a kept tensor, native memory) fails the test. Afterwards the device is the default one again.
 */
export function useDevice(device: TestDevice): void {
  let target: string | undefined;
  beforeAll(() => {
    target = cpuTargets().length === 0 ? undefined : getCpuTarget();
    selectDevice(device);
  });
  afterAll(() => {
    if (target !== undefined) setCpuTarget(target);
    setDevice('auto');
  });
  afterEach(() => selectDevice(device)); // a test may have chosen another, whose memory is not what is counted next
  watchLeaks();
}

/** Runs a suite on every native device; where there is none, it is left to do. */
export function describeOnNative(title: string, body: (device: TestDevice) => void): void {
  describeOn((device) => device !== 'js', 'native devices', title, body);
}

/** Runs a suite on every CPU target, for what is said of them alone; where there is none, it is left to do. */
export function describeOnCpu(title: string, body: (device: TestDevice) => void): void {
  describeOn((device) => device.startsWith('cpu:'), 'CPU targets', title, body);
}

/** Runs a suite where there is a GPU, for what is said of device cuda alone; elsewhere it is left to do. */
export function describeOnCuda(title: string, body: () => void): void {
  if (devices().includes('cuda')) describe(title, body);
  else it.todo(`${title}, where there is a GPU`);
}

function describeOn(
  isWanted: (device: TestDevice) => boolean,
  words: string,
  title: string,
  body: (device: TestDevice) => void,
): void {
  const chosen = devices().filter(isWanted);
  if (chosen.length > 0) describe.each(chosen)(title, body);
  else it.todo(`${title.replace('%s', words)}, where there are any`);
}
